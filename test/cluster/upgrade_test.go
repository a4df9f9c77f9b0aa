package cluster

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// move gives a node other binaries: each part of the new build, or of the old one.
type move struct {
	node          int
	core, plugins bool // of the new build
}

// routes are ways from the old build to the new one, and back again. The first has
// every mixture of core and plugins, beside nodes of either build.
var routes = []struct {
	name  string
	moves []move
}{
	{"every mixture", []move{
		{0, false, true},
		{0, true, true},
		{1, true, false},
		{2, true, true},
		{1, true, true},
		{2, false, false},
		{1, true, false},
		{1, false, false},
		{0, false, true},
		{0, false, false},
	}},
	{"plugins first", []move{
		{0, false, true},
		{1, false, true},
		{2, false, true},
		{0, true, true},
		{1, true, true},
		{2, true, true},
		{2, false, true},
		{1, false, true},
		{0, false, true},
		{2, false, false},
		{1, false, false},
		{0, false, false},
	}},
	{"cores first", []move{
		{2, true, false},
		{1, true, false},
		{0, true, false},
		{2, true, true},
		{1, true, true},
		{0, true, true},
		{0, true, false},
		{1, true, false},
		{2, true, false},
		{0, false, false},
		{1, false, false},
		{2, false, false},
	}},
}

// A cluster goes node by node from the previous build to this one and back, and
// nobody notices more than that a node restarts. "make test-upgrade" gives it the
// previous build; else that is this one under another version, and the first route
// is enough.
func TestARollingUpgradeAndItsRollBack(t *testing.T) {
	old, all := previousBuild(t)
	for _, r := range routes[:all] {
		t.Run(r.name, func(t *testing.T) { upgrade(t, old, r.moves) })
	}
}

// previousBuild is the build to upgrade from, and how many routes are to be gone.
func previousBuild(t *testing.T) (old *launch.Binaries, all int) {
	if *previous != "" {
		old, err := launch.Prebuilt(*previous, "redis")
		if err != nil {
			t.Fatal(err)
		}
		return old, len(routes)
	}
	old, err := launch.BuildAs(oldVersion, "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(old.Remove)
	return old, 1
}

// oldVersion is what all programs of the previous build call themselves.
const oldVersion = "previous"

// small is an app with places for those alone who have them.
var small = launch.App{ID: "small", Key: "small-key", Secret: "small-secret", Fields: map[string]any{"max_connections": 3}}

func upgrade(t *testing.T, old *launch.Binaries, moves []move) {
	const channel = "presence-x"
	redis := testserver.StartRedis(t)
	w := startOf(t, old, slices.Repeat([]way{straight(redis.Port)}, 3), nil, small)
	r := newRegulars(w)
	var users []string
	for i := range 9 {
		users = append(users, fmt.Sprintf("user%02d", i))
		r.come(users[i], channel, i)
	}
	for i := range 3 {
		r.stay(fmt.Sprint("holder", i), small.Key, i, func(*client) {})
	}
	r.allIsWell(channel, users)
	for i, m := range moves {
		r.visit(i)
		r.carryOut(m, old)
		r.allIsWell(channel, users)
	}
	w.settled(channel, users...)
	r.leave()
	w.agree(channel)
	w.settled(channel)
	w.until("the channel vacated", func() bool { return w.hooks.count("channel_vacated", channel, "") == 1 })
	for i := range moves {
		w.toldOfVisit(i)
	}
}

// carryOut restarts a node with other binaries, and sees that they are the ones.
func (r *regulars) carryOut(m move, old *launch.Binaries) {
	r.Helper()
	core, plugins := old, old
	if m.core {
		core = built
	}
	if m.plugins {
		plugins = built
	}
	n := r.nodes[m.node]
	if err := n.Stop(); err != nil {
		r.Fatalf("stop node %d: %v", m.node, err)
	}
	before := len(n.Log())
	n.Use(core.With(plugins))
	if err := n.Restart(); err != nil {
		r.Fatalf("start node %d, new core %v, new plugins %v: %v", m.node, m.core, m.plugins, err)
	}
	if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", n.PID())); err != nil || exe != core.Core() {
		r.Errorf("node %d runs %s, not %s: %v", m.node, exe, core.Core(), err)
	}
	const up = "plugin is up: plugin=redis version="
	if log := n.Log()[before:]; !strings.Contains(log, up) || strings.Contains(log, up+oldVersion) == m.plugins {
		r.Errorf("node %d, new plugins %v, logs:\n%s", m.node, m.plugins, log)
	}
}

// visit has somebody come through each node and go while the next move begins.
func (r *regulars) visit(step int) {
	r.Helper()
	for i := range r.nodes {
		channel := visited(step, i)
		c, err := dial(r.nodes[i].Port, launch.Demo.Key)
		if err != nil {
			r.Fatal(err)
		}
		c.enter(channel, "visitor")
		r.until("a visitor in", func() bool { return c.in(channel) })
		c.close()
	}
}

func visited(step, node int) string { return fmt.Sprint("presence-visit-", step, "-", node) }

// toldOfVisit waits until the back end was told of a visit, of everything once.
func (w *world) toldOfVisit(step int) {
	w.Helper()
	for i := range w.nodes {
		channel := visited(step, i)
		for name, user := range map[string]string{"channel_occupied": "", "member_added": "visitor", "member_removed": "visitor", "channel_vacated": ""} {
			w.until(fmt.Sprint(name, " of ", channel), func() bool { return w.hooks.count(name, channel, user) > 0 })
			if n := w.hooks.count(name, channel, user); n != 1 {
				w.Errorf("%d ids of %s of %s", n, name, channel)
			}
		}
	}
}

// allIsWell waits until all that the nodes share is the same everywhere.
func (r *regulars) allIsWell(channel string, users []string) {
	r.Helper()
	r.settle(channel, users)
	r.until("the holders connected", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for i := range 3 {
			if c := r.live[fmt.Sprint("holder", i)]; c == nil || !c.here() {
				return false
			}
		}
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agree(channel, slices.Clone(users)...)
	r.counted(channel, len(users), len(users))
	r.reaches(channel)
	for i, n := range r.nodes {
		r.until(fmt.Sprint("no place left at node ", i), func() bool {
			c, err := dial(n.Port, small.Key)
			if err == nil {
				c.close()
				return false
			}
			return strings.Contains(err.Error(), "4004")
		})
	}
}
