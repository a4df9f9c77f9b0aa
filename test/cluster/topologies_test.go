package cluster

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
)

// threeIn lets a user in through each of three nodes, and one of them twice.
func (w *world) threeIn(channel string) {
	w.Helper()
	for i, user := range []string{"ann", "ben", "cid"} {
		w.enter(i, channel, user)
	}
	w.enter(0, channel, "cid")
	for _, c := range w.clients {
		w.until("a client in", func() bool { return c.in(channel) })
	}
	w.agree(channel, "ann", "ben", "cid")
	w.counted(channel, 3, 4)
	w.reaches(channel)
}

// churn has clients come and go in these channels until the end; the last that
// each did was to go.
func (w *world) churn(channels []string) (end func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 12 {
		c := w.connect(i % len(w.nodes))
		wg.Go(func() {
			for round := i; ; round++ {
				select {
				case <-stop:
					return
				default:
				}
				channel := channels[round%len(channels)]
				c.enter(channel, fmt.Sprint("guest", i%4))
				w.until("a guest in", func() bool { return c.in(channel) })
				c.leave(channel)
			}
		})
	}
	return func() { close(stop); wg.Wait() }
}

func overCluster(t *testing.T) (*world, *testserver.RedisCluster) {
	redis := testserver.StartRedisCluster(t, 1)
	to := way{driver: "redis-cluster", redis: map[string]any{"cluster": map[string]any{"nodes": redis.Addrs()}}}
	return startOver(t, []way{to, to, to}, nil), redis
}

// A server that closes all connections that listen loses messages for a moment,
// and nothing else.
func TestARedisClusterThatClosesWhoListens(t *testing.T) {
	w, redis := overCluster(t)
	w.threeIn("presence-x")
	for _, master := range redis.Nodes[:3] {
		closeListeners(t, master.Addr)
	}
	w.reaches("presence-x")
	w.enter(1, "presence-x", "dan")
	w.agree("presence-x", "ann", "ben", "cid", "dan")
	w.counted("presence-x", 4, 5)
	w.undisturbed("presence-x", w.clients[:4])
	w.settled("presence-x", "ann", "ben", "cid", "dan")
}

// closeListeners has a Redis close the connections that are in the mode for pub/sub.
func closeListeners(t *testing.T, addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	answer := make([]byte, 16)
	if _, err = fmt.Fprint(conn, "CLIENT KILL TYPE pubsub\r\n"); err == nil {
		_, err = conn.Read(answer)
	}
	if err != nil || answer[0] != ':' || answer[1] == '0' {
		t.Fatalf("nobody was closed: %q, %v", answer, err)
	}
}

// A master of a Redis Cluster that dies takes a part of the cells with it until its
// replica is promoted.
func TestAMasterOfARedisClusterDies(t *testing.T) {
	w, redis := overCluster(t)
	w.threeIn("presence-x")
	w.throughFailOver(redis.Nodes[0].Kill)
}

// The sentinels make the replica the master.
func TestTheMasterOfSentinelsDies(t *testing.T) {
	redis := testserver.StartRedisSentinel(t)
	to := way{driver: "redis", redis: map[string]any{"sentinels": redis.Addrs(), "name": redis.Name}}
	w := startOver(t, []way{to, to, to}, nil)
	w.threeIn("presence-x")
	w.throughFailOver(redis.Master.Kill)
}

// throughFailOver kills a master while clients come and go in channels of many
// cells, and looks whether all agree when the replica has taken its place.
func (w *world) throughFailOver(kill func()) {
	w.Helper()
	stay := slices.Clone(w.clients)
	channels := make([]string, 20)
	for i := range channels {
		channels[i] = fmt.Sprint("presence-", i)
		w.enter((i+1)%3, channels[i], "dan")
	}
	for _, ch := range channels {
		w.settled(ch, "dan")
	}
	w.forgets = true
	end := w.churn(append(channels, "presence-x"))
	kill()
	began := time.Now()
	w.reaches("presence-x")
	for i, ch := range channels {
		w.enter(i%3, ch, "eve")
		w.reaches(ch)
	}
	w.Logf("messages of all nodes reached all %v after the death", time.Since(began).Round(time.Millisecond))
	end()
	for i, ch := range channels {
		w.agree(ch, "dan", "eve")
		w.counted(ch, 2, 2)
		w.enter(i%3, ch, "fay")
	}
	w.agree("presence-x", "ann", "ben", "cid")
	w.counted("presence-x", 3, 4)
	w.toldOfChanges(channels, w.clients[len(w.clients)-len(channels):])
	for _, c := range stay {
		if !c.in("presence-x") {
			w.Errorf("a client of node %d is no longer in", c.node)
		}
	}
}

// toldOfChanges looks whether back ends are told of what changes after a fail-over,
// and not of who was there before and stays.
func (w *world) toldOfChanges(channels []string, fay []*client) {
	w.Helper()
	for i, ch := range channels {
		w.agree(ch, "dan", "eve", "fay")
		fay[i].leave(ch)
	}
	for _, ch := range channels {
		w.until("webhooks about fay", func() bool { return w.hooks.count("member_removed", ch, "fay") == 1 })
		if n := w.hooks.count("member_added", ch, "fay"); n != 1 {
			w.Errorf("%d webhooks told that fay has come to %s", n, ch)
		}
		added, removed := w.hooks.count("member_added", ch, "dan"), w.hooks.count("member_removed", ch, "dan")
		if added != 1 || removed != 0 || w.hooks.count("member_added", ch, "eve") == 0 {
			w.Errorf("webhooks told %d times that dan has come to %s and %d times that he has gone", added, ch, removed)
		}
	}
}
