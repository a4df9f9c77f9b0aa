package replica

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/test/history"
)

var (
	simRooms  = []contract.StateKey{{Kind: contract.StatePresence, App: "app", Name: "presence-a"}, {Kind: contract.StatePresence, App: "app", Name: "presence-b"}, {Kind: contract.StatePresence, App: "other", Name: "presence-a"}}
	simCounts = []contract.StateKey{{Kind: contract.StateCount, App: "app", Name: "news"}, {Kind: contract.StateCount, App: "app", Name: "presence-a"}}
	simPlaces = contract.StateKey{Kind: contract.StateCount, App: "app"}
	simUsers  = []string{"ann", "ben", "cid", "dan", "eve", "fay"}
	simPauses = []time.Duration{time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, time.Second}
)

func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

// limitOf is the most users of a room, 0: any number.
func limitOf(key contract.StateKey) uint32 {
	if key.Name == "presence-b" {
		return 3
	}
	return 0
}

// act lets one thing happen.
func (w *world) act() {
	n := pick(w, w.nodes)
	switch dice := w.IntN(100); {
	case dice < 12:
		key := pick(w, simRooms)
		if !n.dead && !n.paused {
			n.join(key, pick(w, simUsers), limitOf(key))
		}
	case dice < 22:
		if key := pick(w, simRooms); !n.dead && !n.paused {
			n.leave(key, pick(w, simUsers))
		}
	case dice < 28:
		n.count()
	case dice < 34:
		n.place()
	case dice < 50:
		n.step()
	case dice < 62:
		n.answer()
	case dice < 64:
		n.handOver()
	case dice < 78:
		n.hear(1 + w.IntN(5))
	case dice < 96:
		w.wait()
	case !w.calm:
		w.fault(n)
	}
}

// wait lets time go by. On a calm day nobody waits long for anything, on a wild
// one hardly anything is done in time, else most things are.
func (w *world) wait() {
	d := pick(w, simPauses)
	if !w.wild {
		d = min(d, 20*time.Millisecond)
	}
	w.pass(d)
	for _, n := range w.nodes {
		n.turn()
		if w.wild || !w.calm && w.IntN(4) == 0 {
			continue
		}
		for tries := 0; tries < 50 && !n.dead && len(n.pending)+len(n.replies) > 0; tries++ {
			n.step()
			n.answer()
		}
		n.hear(w.IntN(20))
		n.handOver()
	}
}

func (n *simNode) count() {
	if n.dead || n.paused {
		return
	}
	key := pick(n.w, simCounts)
	n.cellOf(key).Count(n.w.now, key, uint32(n.w.IntN(3)))
	n.collect()
}

// place takes or gives back a place of the quota.
func (n *simNode) place() {
	switch {
	case n.dead || n.paused:
	case n.w.IntN(3) == 0 && n.admitted > 0:
		n.admitted--
		n.w.note("%s gives a place back", n.id)
		n.cellOf(simPlaces).Release(n.w.now, simPlaces)
		n.collect()
	default:
		n.w.made++
		n.tickets[n.w.made] = true
		n.w.note("%s asks with ticket %d", n.id, n.w.made)
		n.cellOf(simPlaces).Admit(n.w.now, simPlaces, simQuota, n.w.made)
		n.collect()
	}
}

// fault lets something go wrong.
func (w *world) fault(n *simNode) {
	kind := w.IntN(13)
	w.note("fault %d on %s", kind, n.id)
	switch kind {
	case 0, 1:
		n.cutOff(!n.cut)
	case 2:
		n.paused = !n.paused
	case 3:
		w.pass(simLease/2 + time.Duration(w.IntN(int(simLease))))
	case 4:
		if n.session != nil && !n.dead {
			w.bus.Drop(n.inc, 1+w.IntN(4))
		}
	case 5:
		if n.session != nil && !n.dead {
			w.bus.LoseReplies(n.inc, 1+w.IntN(2))
		}
	case 6:
		w.missed = true
		w.bus.Forget(w.Uint32N(simCells))
	case 7:
		w.missed = true
		w.bus.Rewind(w.Uint32N(simCells), time.Duration(w.IntN(2000))*time.Millisecond)
	case 8:
		w.outage(true)
	case 9:
		w.outage(false)
	case 10:
		w.clock.Advance(time.Duration(w.IntN(5000)-1000) * time.Millisecond)
	case 11:
		w.endSession(n)
	case 12:
		n.events = nil // and nobody knows
	}
}

func (n *simNode) cutOff(cut bool) {
	if n.dead || n.session == nil {
		return
	}
	n.cut = cut
	if cut {
		n.w.bus.Partition(n.inc)
	} else {
		n.w.bus.Heal(n.inc)
	}
}

func (w *world) outage(away bool) {
	for _, n := range w.nodes {
		n.cutOff(away)
	}
}

// endSession loses a session, as when the plugin ends, or kills a node and
// starts another one.
func (w *world) endSession(n *simNode) {
	if n.dead || n.session == nil {
		return
	}
	if w.IntN(2) == 0 && len(w.nodes) < 6 {
		w.note("%s dies", n.id)
		n.dead = true
		w.addNode()
		return
	}
	serial, _, open := n.node.Session()
	if open && !n.paused {
		n.node.Ended(w.now, serial, contract.ErrGone)
		n.collect()
	}
}

// settle ends all faults and gives everybody time; then everything is true.
func (w *world) settle() {
	w.note("settle")
	for _, n := range w.nodes {
		n.paused = false
		n.cutOff(false)
		if n.session != nil && !n.dead {
			w.bus.Drop(n.inc, 0)
			w.bus.LoseReplies(n.inc, 0)
		}
	}
	for i := range 320 {
		w.pass(50 * time.Millisecond)
		for _, n := range w.nodes {
			n.turn()
			for len(n.pending) > 0 && !n.dead {
				n.step()
			}
			for len(n.replies) > 0 && !n.dead {
				n.answer()
			}
			n.hear(1000)
			n.handOver()
		}
		if i%20 == 0 {
			w.check(i%80 == 0)
		}
	}
	w.checkTruth()
}

// handOver hands announcements to the back end, which judges them.
func (n *simNode) handOver() {
	if n.dead || n.paused || len(n.told) == 0 {
		return
	}
	count := 1 + n.w.IntN(len(n.told))
	for _, a := range n.told[:count] {
		n.w.note("%s announces %s %d %s %s", n.id, a.ID, a.Kind, a.Channel, a.User)
		name := announcementNames[a.Kind]
		if a.Kind == Subscribed {
			name = fmt.Sprint(name, a.Count)
		}
		err := n.w.announced.Add(history.Announcement{ID: fmt.Sprint(a.ID, name), Name: name, Channel: a.App + ":" + a.Channel, User: a.User})
		if err != nil && !n.w.missed {
			n.w.fail("%s: %v", n.id, err)
		}
		n.node.Cell(a.Cell).HandedOver(n.w.now, a.Term, 1, a.Cursor)
	}
	n.told = n.told[count:]
	n.collect()
}

var announcementNames = [...]string{
	Occupied: "channel_occupied", Vacated: "channel_vacated", MemberAdded: "member_added", MemberRemoved: "member_removed",
	SignedIn: "user_signed_in", SignedOut: "user_signed_out", Subscribed: "subscription_count",
}

// checkAnnounced: the back end knows what is.
func (w *world) checkAnnounced(key contract.StateKey, truth map[string]bool) {
	var want []string
	for user := range truth {
		want = append(want, key.App+":"+key.Name+"/"+user)
	}
	slices.Sort(want)
	var have []string
	for _, fact := range w.announced.Present("member_added") {
		if strings.HasPrefix(fact, key.App+":"+key.Name+"/") {
			have = append(have, fact)
		}
	}
	if !slices.Equal(have, want) && !w.missed {
		w.fail("announced are %v, the truth is %v", have, want)
	}
}

// checkTruth: everybody knows what is.
func (w *world) checkTruth() {
	living := slices.DeleteFunc(slices.Clone(w.nodes), func(n *simNode) bool { return n.dead })
	for _, key := range simRooms {
		truth := map[string]bool{}
		for _, n := range living {
			for user, u := range n.room(key).users {
				truth[user] = true
				if len(u.waiting) > 0 {
					w.fail("%s still waits for %s in %s", user, n.id, key.Name)
				}
			}
		}
		w.checkAnnounced(key, truth)
		for _, n := range living {
			var have []string
			for _, m := range n.cellOf(key).Members(key) {
				have = append(have, m.User)
				if !truth[m.User] {
					w.fail("%s is a ghost in %s on %s", m.User, key.Name, n.id)
				}
			}
			if len(have) != len(truth) {
				w.fail("%s on %s has %v, the truth is %v", key.Name, n.id, have, truth)
			}
		}
	}
	for _, key := range append(slices.Clone(simCounts), simPlaces) {
		sum := uint32(0)
		for _, n := range living {
			if o := n.cellOf(key).own[Ref{Key: key}]; o != nil {
				sum += o.want.Count
			}
		}
		for _, n := range living {
			if got := n.cellOf(key).Total(key); got != sum {
				w.fail("%s on %s is %d, the truth is %d", key.Name, n.id, got, sum)
			}
		}
	}
	for _, n := range living {
		if len(n.tickets) > 0 {
			w.fail("%s: tickets %v were never answered", n.id, n.tickets)
		}
		if err := n.node.Fault(); err != nil {
			w.fail("%s thinks the cluster is away: %v", n.id, err)
		}
		if got := fmt.Sprint(n.node.Cell(0).Nodes()); len(n.node.Cell(0).Nodes()) != len(living) {
			w.fail("%s knows the nodes %v, %d live", n.id, got, len(living))
		}
	}
}
