package faults

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// onSQS is the configuration of a server whose webhooks go through SQS.
func onSQS(endpoint string, fifo bool) map[string]any {
	return map[string]any{
		"queue": map[string]any{
			"driver": "sqs",
			"sqs": map[string]any{
				"endpoint_url": endpoint, "fifo": fifo, "wait_time_seconds": 1, "visibility_timeout": 1,
				"aws_access_key_id": "test", "aws_secret_access_key": "test",
			},
			"reliability": map[string]any{"lease_duration_ms": 2000, "lease_renew_interval_ms": 500},
		},
		"webhooks": map[string]any{
			"batching": map[string]any{"enabled": false},
			"retry":    map[string]any{"initial_backoff_ms": 50, "max_backoff_ms": 400},
		},
	}
}

// killPlugin ends the process of a plugin.
func killPlugin(t *testing.T, s *launch.Server, name string) {
	t.Helper()
	until(t, "the plugin "+name, func() bool {
		for _, pid := range children(s.PID()) {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			program, _, _ := strings.Cut(string(line), "\x00")
			if filepath.Base(program) == name {
				return syscall.Kill(pid, syscall.SIGKILL) == nil
			}
		}
		return false
	})
}

// firsts are the numbers that each channel told, without repetitions.
func (r *receiver) firsts() map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, told := map[string]bool{}, map[string][]string{}
	for _, e := range r.events {
		if key := e.Channel + " " + e.Data; e.Name == "client_event" && !seen[key] {
			seen[key] = true
			told[e.Channel] = append(told[e.Channel], e.Data)
		}
	}
	return told
}

// Webhooks over SQS FIFO queues reach a receiver that fails now and then, all of
// them and in the order of each channel, while the plugin is killed.
func TestWebhooksOverSQSOutliveThePlugin(t *testing.T) {
	for name, server := range map[string]func() *testserver.SQS{
		"fauxqs":    func() *testserver.SQS { return testserver.StartFauxqs(t) },
		"ElasticMQ": func() *testserver.SQS { return testserver.StartElasticMQ(t, false) },
	} {
		t.Run(name, func(t *testing.T) { webhooksOverSQS(t, server()) })
	}
}

func webhooksOverSQS(t *testing.T, endpoint *testserver.SQS) {
	const channels, rounds, each = 6, 4, 5
	var requests atomic.Int64
	r := newReceiver(t, func(*http.Request) int {
		if requests.Add(1)%7 == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	s := hookedWith(t, onSQS(endpoint.URL, true), r.URL)
	c := say(t, s.Port, channels, 0)
	defer c.conn.Close()
	told := func() (sum int) {
		for _, numbers := range r.firsts() {
			sum += len(numbers)
		}
		return sum
	}
	for round := range rounds {
		before := told()
		for n := round * each; n < (round+1)*each; n++ {
			for i := range channels {
				if err := c.send(`{"event":"client-n","channel":"private-%d","data":"%d"}`, i, n); err != nil {
					t.Fatal(err)
				}
			}
		}
		if round%2 == 1 { // else while the jobs are enqueued
			until(t, "some events", func() bool { return told() > before+channels })
		}
		killPlugin(t, s, "sqs")
	}
	until(t, "all events of all channels", func() bool { return told() == channels*rounds*each })
	for channel, numbers := range r.firsts() {
		for n, got := range numbers {
			if got != fmt.Sprint(n) {
				t.Errorf("%s told %v", channel, numbers)
				break
			}
		}
	}
	if got := dead(t, s, "list"); strings.Contains(got, "app-id") {
		t.Errorf("dead letters:\n%s", got)
	}
	if strings.Contains(s.Log(), "another order") {
		t.Error("the log says that the order is not kept")
	}
}

// A queue that does not keep the order is told of once, however often its plugin
// is started.
func TestStandardQueuesAreToldOfOnce(t *testing.T) {
	r := newReceiver(t, ok)
	s := hookedWith(t, onSQS(testserver.StartFauxqs(t).URL, false), r.URL)
	c := say(t, s.Port, 1, 1)
	defer c.conn.Close()
	killPlugin(t, s, "sqs")
	until(t, "the event", func() bool { return r.count("client_event") > 0 })
	if n := strings.Count(s.Log(), "another order"); n != 1 {
		t.Errorf("the log says %d times that the order is not kept", n)
	}
}

// speaker is a client that goes on saying numbered events in some channels.
type speaker struct {
	c        *client
	channels int
	said     int // in each channel
}

// until speaks until a condition is true.
func (k *speaker) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	until(t, what, func() bool {
		select {
		case <-tick.C:
			k.say(t)
		default:
		}
		return ok()
	})
}

func (k *speaker) say(t *testing.T) {
	t.Helper()
	for i := range k.channels {
		if err := k.c.send(`{"event":"client-n","channel":"private-%d","data":"%d"}`, i, k.said); err != nil {
			t.Fatal(err)
		}
	}
	k.said++
}

// SQS is killed for half a minute while webhooks go through it: nobody is closed,
// everything is told, and nothing is started again but SQS. (The order is not
// looked at: ElasticMQ forgets it when it is killed.)
func TestWebhooksOutliveThirtySecondsWithoutSQS(t *testing.T) {
	const away = 30 * time.Second
	endpoint := testserver.StartElasticMQ(t, true)
	r := newReceiver(t, ok)
	s := hookedWith(t, onSQS(endpoint.URL, true), r.URL)
	plugins := children(s.PID())
	k := &speaker{channels: 4}
	k.c = say(t, s.Port, k.channels, 0)
	defer k.c.conn.Close()
	told := func() (sum int) {
		for _, numbers := range r.firsts() {
			sum += len(numbers)
		}
		return sum
	}
	k.until(t, "some events", func() bool { return told() > k.channels })
	endpoint.Kill()
	killed := time.Now()
	k.until(t, "the end of the outage", func() bool { return time.Since(killed) > away })
	endpoint.Restart()
	before := k.said
	k.until(t, "events after the outage", func() bool { return k.said > before+5 })
	until(t, "all events", func() bool { return told() == k.channels*k.said })
	if now := children(s.PID()); !slices.Equal(now, plugins) {
		t.Errorf("the plugins were the processes %v and are %v", plugins, now)
	}
	k.say(t) // the client is still there
	until(t, "its last events", func() bool { return told() == k.channels*k.said })
}
