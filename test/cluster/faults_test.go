package cluster

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackfield/jackfield/test/launch"
)

// settled waits until the webhooks say that exactly these users are members.
func (w *world) settled(channel string, users ...string) {
	w.Helper()
	w.until(fmt.Sprintf("webhooks about %v", users), func() bool {
		return fmt.Sprint(w.hooks.members(channel)) == fmt.Sprint(users)
	})
	w.sound()
}

// killAll kills a node so that nothing of it can say good-bye.
func (w *world) killAll(node int) {
	w.Helper()
	plugins := children(w.nodes[node].PID())
	for _, pid := range plugins {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	if err := w.nodes[node].Kill(); err != nil {
		w.Fatal(err)
	}
	for _, pid := range plugins {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	w.nodes[node] = nil
}

// children returns the processes that a server has started.
func children(pid int) (pids []int) {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for f := range strings.FieldsSeq(string(b)) {
			if n, err := strconv.Atoi(f); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}

// A plugin that dies is started again, and joins under a new incarnation; nobody
// is told anything.
func TestAPluginThatDiesIsNotNoticed(t *testing.T) {
	w := start(t, 2, nil)
	a, b := w.enter(0, "presence-x", "ann"), w.enter(1, "presence-x", "ben")
	w.agree("presence-x", "ann", "ben")
	for _, pid := range children(w.nodes[0].PID()) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	w.until("messages between the nodes again", func() bool {
		_, err := publish(w.nodes[0], "presence-x", "hello")
		return err == nil && b.count("news", "presence-x") > 0
	})
	w.enter(0, "presence-x", "cid")
	w.agree("presence-x", "ann", "ben", "cid")
	for _, c := range []*client{a, b} {
		if n := c.count("pusher_internal:member_removed", "presence-x"); n > 0 {
			t.Errorf("%d removals were told", n)
		}
	}
}

// A node that is killed loses its members once, for clients and back ends.
func TestAKilledNodeIsGivenBackOnce(t *testing.T) {
	w := start(t, 3, nil)
	w.enter(0, "presence-x", "ann")
	w.enter(1, "presence-x", "ben")
	w.enter(2, "presence-x", "cid")
	w.enter(2, "presence-x", "ann") // holds ann as well
	w.enter(2, "presence-y", "dan")
	w.agree("presence-x", "ann", "ben", "cid")
	w.settled("presence-x", "ann", "ben", "cid")
	began := time.Now()
	w.killAll(2)
	w.agree("presence-x", "ann", "ben")
	t.Logf("given back after %v", time.Since(began).Round(time.Millisecond))
	w.until("no ghost in the other channel", func() bool {
		users, err := usersOf(w.nodes[0], "presence-y")
		return err == nil && len(users) == 0
	})
	for user, want := range map[string]int{"cid": 1, "ann": 0, "ben": 0} {
		w.until("webhooks of "+user, func() bool { return w.hooks.count("member_removed", "presence-x", user) == want })
	}
	w.until("the channel vacated", func() bool { return w.hooks.count("channel_vacated", "presence-y", "") == 1 })
	for _, c := range w.clients[:2] {
		if n := c.count("pusher_internal:member_removed", "presence-x"); n != 1 {
			t.Errorf("%d removals were told", n)
		}
	}
	w.sound()
}

// A node that stands still for longer than its lease is given back, and doubts
// itself when it wakes up: it is told again, and takes nothing from the living.
func TestANodeThatWakesUpDoubtsItself(t *testing.T) {
	w := start(t, 3, nil)
	w.enter(0, "presence-x", "ann")
	w.enter(1, "presence-x", "ben")
	w.enter(2, "presence-x", "cid")
	w.agree("presence-x", "ann", "ben", "cid")
	sleeper := w.nodes[2]
	if err := syscall.Kill(sleeper.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.nodes[2] = nil
	w.until("cid gone", func() bool { users, _ := usersOf(w.nodes[0], "presence-x"); return fmt.Sprint(users) == "[ann ben]" })
	if err := syscall.Kill(sleeper.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.nodes[2] = sleeper
	w.agree("presence-x", "ann", "ben", "cid")
	w.sound()
}

// goesOn has Redis away for a while, and uses the nodes meanwhile.
func (w *world) goesOn(away, back func()) {
	w.Helper()
	local := w.connect(0)
	local.subscribe("news")
	w.until("the local subscriber", func() bool { return local.in("news") })
	w.enter(0, "presence-x", "ann")
	w.enter(1, "presence-x", "ben")
	w.agree("presence-x", "ann", "ben")
	away()
	slowest := time.Duration(0)
	for i := range 100 {
		took, err := publish(w.nodes[0], "news", fmt.Sprint(i))
		if err != nil {
			w.Fatalf("publish %d while Redis is away: %v", i, err)
		}
		slowest = max(slowest, took)
		w.until("the local delivery", func() bool { return local.count("news", "news") == i+1 })
		<-time.After(20 * time.Millisecond)
	}
	_, took, err := call(w.nodes[1], http.MethodGet, "/channels/presence-x/users", "")
	if err != nil {
		w.Fatal(err)
	}
	w.enter(0, "presence-x", "cid")
	w.clients[2].close() // ben
	w.until("cid in on his node", func() bool { return w.clients[3].in("presence-x") })
	w.Logf("while Redis was away the slowest publish took %v, a look-up %v", slowest, took)
	began := time.Now()
	back()
	w.agree("presence-x", "ann", "cid")
	w.Logf("all agreed %v after its return", time.Since(began).Round(time.Millisecond))
}

func TestARedisThatStandsStillHoldsNothingUp(t *testing.T) {
	w := start(t, 2, nil)
	w.goesOn(w.redis.Pause, w.redis.Resume)
}

func TestARedisThatLosesEverythingIsMadeGood(t *testing.T) {
	w := start(t, 2, nil)
	w.goesOn(w.redis.Kill, w.redis.Restart)
}

// Ten clients who come in one moment find five places, not six.
func TestAQuotaIsNeverExceeded(t *testing.T) {
	w := start(t, 3, map[string]any{"max_connections": 5})
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted := 0
	for i := range 10 {
		wg.Go(func() {
			c, err := dial(w.nodes[i%3].Port, launch.Demo.Key)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			admitted++
			w.clients = append(w.clients, c)
		})
	}
	wg.Wait()
	if admitted != 5 {
		t.Errorf("%d clients found one of 5 places", admitted)
	}
}
