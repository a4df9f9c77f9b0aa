package cluster

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// world is some nodes over one Redis, and their clients.
type world struct {
	*testing.T
	redis   *testserver.Redis // nil if it is not one server
	nodes   []*launch.Server
	clients []*client
	hooks   *receiver
	forgets bool // Redis forgets its last changes: webhooks about these may be missing
}

// way is how a node gets to its Redis: the driver and table database.redis.
type way struct {
	driver string
	redis  map[string]any
}

// straight is the way to a port of this machine.
func straight(port int) way {
	return way{driver: "redis", redis: map[string]any{"host": "127.0.0.1", "port": port}}
}

// start starts nodes over a Redis of their own. fields are settings of the app.
func start(t *testing.T, nodes int, fields map[string]any) *world {
	redis := testserver.StartRedis(t)
	w := startOver(t, slices.Repeat([]way{straight(redis.Port)}, nodes), fields)
	w.redis = redis
	return w
}

// startOver starts a node for each of the ways.
func startOver(t *testing.T, ways []way, fields map[string]any) *world {
	return startOf(t, built, ways, fields)
}

// startOf starts nodes of a build, which have more apps than the one.
func startOf(t *testing.T, b *launch.Binaries, ways []way, fields map[string]any, more ...launch.App) *world {
	w := &world{T: t, hooks: newReceiver(t)}
	app := launch.Demo
	app.Fields = map[string]any{
		"enable_client_messages": true,
		"webhooks": []any{map[string]any{
			"url":         w.hooks.URL,
			"event_types": []string{"channel_occupied", "channel_vacated", "member_added", "member_removed", "cache_miss"},
		}},
	}
	maps.Copy(app.Fields, fields)
	for _, to := range ways {
		w.nodes = append(w.nodes, b.Start(t, launch.Options{Apps: append([]launch.App{app}, more...), Config: to.config()}))
	}
	t.Cleanup(w.hangUp)
	return w
}

func (to way) config() map[string]any {
	return map[string]any{
		"database":              map[string]any{"redis": to.redis},
		"adapter":               map[string]any{"driver": to.driver},
		"cache":                 map[string]any{"driver": to.driver},
		"queue":                 map[string]any{"driver": to.driver},
		"shutdown_grace_period": 2,
	}
}

// until waits for a condition.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			w.Fatalf("waited for %s in vain", what)
		}
	}
}

// connect connects a client to a node.
func (w *world) connect(node int) *client {
	w.Helper()
	c, err := dial(w.nodes[node].Port, launch.Demo.Key)
	if err != nil {
		w.Fatal(err)
	}
	c.node = node
	w.clients = append(w.clients, c)
	return c
}

// enter connects a client and lets it into a presence channel.
func (w *world) enter(node int, channel, user string) *client {
	w.Helper()
	c := w.connect(node)
	c.enter(channel, user)
	return c
}

func (w *world) hangUp() {
	for _, c := range w.clients {
		c.close()
	}
}

// agree waits until every client in a channel, and the API of every node, have
// exactly these members.
func (w *world) agree(channel string, users ...string) {
	w.Helper()
	slices.Sort(users)
	for i, c := range w.clients {
		if c.in(channel) {
			w.until(fmt.Sprintf("members %v in the list of client %d of node %d, which has %v", users, i, c.node, c.members(channel)), func() bool {
				return slices.Equal(c.members(channel), users)
			})
		}
	}
	for i, n := range w.nodes {
		if n == nil {
			continue
		}
		w.until(fmt.Sprintf("members %v from the API of node %d", users, i), func() bool {
			got, err := usersOf(n, channel)
			return err == nil && slices.Equal(got, users)
		})
	}
	w.sound()
}

// sound fails if any client was told what can not be.
func (w *world) sound() {
	w.Helper()
	for i, c := range w.clients {
		if err := c.err(); err != nil {
			w.Errorf("client %d of node %d: %v", i, c.node, err)
		}
	}
	if err := w.hooks.err(); err != nil && !w.forgets {
		w.Error(err)
	}
}
