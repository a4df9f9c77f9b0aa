package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
)

// list is the list of members that a client builds from what it hears.
func (c *client) list() []string {
	var users []string
	for _, text := range c.heard() {
		var e struct{ Event, Channel, Data string }
		if json.Unmarshal([]byte(text), &e) != nil || !strings.HasPrefix(e.Channel, "presence-") {
			continue
		}
		switch e.Event {
		case "pusher_internal:subscription_succeeded":
			var d struct {
				Presence struct{ IDs []string }
			}
			_ = json.Unmarshal([]byte(e.Data), &d)
			users = d.Presence.IDs
		case "pusher_internal:member_added":
			users = append(users, userOf(e.Data))
		case "pusher_internal:member_removed":
			users = slices.DeleteFunc(users, func(u string) bool { return u == userOf(e.Data) })
		}
	}
	slices.Sort(users)
	return users
}

func userOf(data string) string {
	var d struct {
		UserID string `json:"user_id"`
	}
	_ = json.Unmarshal([]byte(data), &d)
	return d.UserID
}

// lists waits until clients, and the API of every node, have these members.
func (w *world) lists(channel string, clients []*client, users ...string) {
	w.Helper()
	for _, c := range clients {
		w.until(fmt.Sprintf("a client's list of %v", users), func() bool { return slices.Equal(c.list(), users) })
	}
	for _, n := range w.nodes {
		w.until(fmt.Sprintf("users %v of the API", users), func() bool {
			ids := n.Everywhere().Users("app", channel)
			slices.Sort(ids)
			return slices.Equal(ids, users)
		})
	}
}

func TestMembersOfAllNodesAreOneList(t *testing.T) {
	w := newWorld(t, 3)
	a, b, c := w.nodes[0].client(), w.nodes[1].client(), w.nodes[2].client()
	ann := a.enter("presence-x", "ann")
	b.enter("presence-x", "ben")
	c.enter("presence-x", "cid")
	again := w.nodes[2].client()
	second := again.enter("presence-x", "ann")
	all := []*client{a, b, c, again}
	w.lists("presence-x", all, "ann", "ben", "cid")
	ann.Leave()
	w.lists("presence-x", all[1:], "ann", "ben", "cid")
	second.Leave()
	w.lists("presence-x", []*client{b, c}, "ben", "cid")
	for _, who := range []*client{b, c} {
		text := strings.Join(who.heard(), "\n")
		if n := strings.Count(text, "member_removed"); n != 1 {
			t.Errorf("%d removals were told", n)
		}
	}
	if info, _ := w.nodes[0].Everywhere().Channel("app", "presence-x"); info.Users != 2 {
		t.Errorf("the API tells %+v", info)
	}
}

func TestAFullPresenceChannelRefusesOnAllNodes(t *testing.T) {
	w := newWorld(t, 2)
	join := func(n int, user string) error {
		_, err := w.nodes[n].client().join("presence-x", &pusher.Member{UserID: user, Info: []byte("{}")}, 2)
		return err
	}
	for i, user := range []string{"ann", "ben"} {
		if err := join(i, user); err != nil {
			t.Fatal(err)
		}
	}
	if err := join(0, "cid"); !errors.Is(err, hub.ErrFullChannel) {
		t.Errorf("a third user: %v", err)
	}
	if err := join(1, "ann"); err != nil {
		t.Errorf("a member once more: %v", err)
	}
}

func TestMessagesReachAllNodesOnceAndInOrder(t *testing.T) {
	w := newWorld(t, 3)
	var clients []*client
	for _, n := range w.nodes {
		c := n.client()
		c.mustJoin("news")
		clients = append(clients, c)
	}
	var want []string
	for i := range 300 {
		payload := fmt.Sprintf(`{"n":%d}`, i)
		want = append(want, payload)
		m := hub.Message{Channel: "news", Frame: text(payload)}
		if i == 7 {
			m.Except = clients[2].sub.ID
		}
		if err := w.nodes[0].Publish(t.Context(), "app", []hub.Message{m, {Channel: "nobody", Frame: text("{}")}}); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range clients {
		here := slices.Clone(want)
		if i == 2 {
			here = slices.Delete(here, 7, 8)
		}
		w.until("all messages", func() bool { return len(c.events()) >= len(here) })
		if diff := cmp.Diff(here, c.events()); diff != "" {
			t.Errorf("client of node %d: %s", i, diff)
		}
	}
}

func TestUsersAreReachedAndClosedOnAllNodes(t *testing.T) {
	w := newWorld(t, 2)
	c := w.nodes[1].client()
	kind := pusher.UserChannel("ann")
	done := make(chan error, 1)
	r, ready := c.sub.Reserve(kind, nil, 0, func(err error) { done <- err })
	if !ready {
		<-done
	}
	m := c.sub.SignIn("ann")
	r.Release()
	w.until("the user online on both nodes", func() bool {
		return slices.Equal(w.nodes[0].users.list(), []string{"+app/ann"}) && slices.Equal(w.nodes[1].users.list(), []string{"+app/ann"})
	})
	if err := w.nodes[0].Publish(t.Context(), "app", []hub.Message{{Channel: kind.Name, Frame: text(`"hi"`)}}); err != nil {
		t.Fatal(err)
	}
	w.until("the message", func() bool { return slices.Equal(c.events(), []string{`"hi"`}) })
	w.nodes[0].Everywhere().Terminate("app", "ann")
	<-c.gone
	m.Leave()
	w.until("the user offline", func() bool { return len(w.nodes[0].users.list()) == 2 })
	if w.nodes[0].Everywhere().Channels("app", "") != nil {
		t.Error("the API shows the channel of a user")
	}
}

func TestNumbersAreThoseOfAllNodes(t *testing.T) {
	w := newWorld(t, 2)
	var joined []*hub.Membership
	for i := range 10 {
		joined = append(joined, w.nodes[i%2].client().mustJoin("news"))
	}
	for _, n := range w.nodes {
		w.until("ten subscriptions", func() bool {
			info, ok := n.Everywhere().Channel("app", "news")
			return ok && info.Subscriptions == 10 && len(n.Everywhere().Channels("app", "n")) == 1
		})
	}
	for _, m := range joined {
		m.Leave()
	}
	for _, n := range w.nodes {
		w.until("none", func() bool { _, ok := n.Everywhere().Channel("app", "news"); return !ok })
	}
}

func TestAQuotaIsThatOfAllNodes(t *testing.T) {
	w := newWorld(t, 3)
	answers := make(chan bool, 30)
	for i := range 30 {
		w.nodes[i%3].Admit("app", 5, func(ok bool) { answers <- ok })
	}
	admitted := 0
	for range 30 {
		if <-answers {
			admitted++
		}
	}
	if admitted != 5 {
		t.Errorf("%d connections were admitted to 5 places", admitted)
	}
}

func TestAppsChangedElsewhereAreTold(t *testing.T) {
	w := newWorld(t, 2)
	w.until("the others", func() bool { return len(w.nodes[0].Nodes()) == 2 })
	w.until("the topic", func() bool {
		w.nodes[0].TellAppChanged(contract.AppChange{ID: "app", Revision: 3})
		select {
		case got := <-w.nodes[1].changed:
			return got == contract.AppChange{ID: "app", Revision: 3}
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
}

// While the bus is away everything goes on for the clients of a node; on its
// return all agree again.
func TestABusThatIsAwayHoldsNothingUp(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.nodes[0].client(), w.nodes[1].client()
	a.enter("presence-x", "ann")
	b.enter("presence-x", "ben")
	w.lists("presence-x", []*client{a, b}, "ann", "ben")
	for _, n := range w.nodes {
		w.bus.Partition(n.adapter.incarnation())
	}
	for _, n := range w.nodes {
		w.until("the fault noticed", func() bool { return n.Fault() != nil })
	}
	c := w.nodes[0].client()
	cid := c.enter("presence-x", "cid")
	w.until("cid on his own node", func() bool { return slices.Equal(a.list(), []string{"ann", "ben", "cid"}) })
	c.mustJoin("news")
	if err := w.nodes[0].Publish(t.Context(), "app", []hub.Message{{Channel: "news", Frame: text("1")}}); err != nil {
		t.Fatal(err)
	}
	w.until("the local delivery", func() bool { return slices.Equal(c.events(), []string{"1"}) })
	if slices.Contains(b.list(), "cid") {
		t.Error("the other node heard of cid while the bus was away")
	}
	for _, n := range w.nodes {
		w.bus.Heal(n.adapter.incarnation())
	}
	w.lists("presence-x", []*client{a, b, c}, "ann", "ben", "cid")
	cid.Leave()
	w.lists("presence-x", []*client{a, b}, "ann", "ben")
}

// A node that dies is given back once; one that was only cut off is told again.
func TestDeadAndLostNodes(t *testing.T) {
	w := newWorld(t, 3)
	a, b := w.nodes[0].client(), w.nodes[1].client()
	a.enter("presence-x", "ann")
	b.enter("presence-x", "ben")
	w.nodes[2].client().enter("presence-x", "cid")
	w.lists("presence-x", []*client{a, b}, "ann", "ben", "cid")
	w.bus.Partition(w.nodes[2].adapter.incarnation())
	for _, c := range []*client{a, b} {
		w.until("cid removed", func() bool { return slices.Equal(c.list(), []string{"ann", "ben"}) })
	}
	w.bus.Heal(w.nodes[2].adapter.incarnation())
	w.lists("presence-x", []*client{a, b}, "ann", "ben", "cid")
	for _, c := range []*client{a, b} {
		text := strings.Join(c.heard(), "\n")
		if n := strings.Count(text, "member_removed"); n != 1 {
			t.Errorf("%d removals were told", n)
		}
	}
	for _, cell := range []uint32{cellOf("app", "presence-x"), 0, 1} {
		w.bus.Forget(cell)
	}
	w.lists("presence-x", []*client{a, b}, "ann", "ben", "cid")
}

func TestStopHandsOverAndGivesBack(t *testing.T) {
	w := newWorld(t, 2)
	a, b := w.nodes[0].client(), w.nodes[1].client()
	a.enter("presence-x", "ann")
	b.enter("presence-x", "ben")
	w.lists("presence-x", []*client{a, b}, "ann", "ben")
	if err := w.nodes[1].Publish(t.Context(), "app", []hub.Message{{Channel: "presence-x", Frame: text("9")}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w.nodes[1].Stop(ctx)
	w.until("the last message", func() bool { return slices.Equal(a.events(), []string{"9"}) })
	w.until("ben gone", func() bool { return slices.Equal(a.list(), []string{"ann"}) })
}

// Back ends are told of each transition under one id, also when the nodes that
// tell them change.
func TestBackEndsAreToldOnce(t *testing.T) {
	w := newWorld(t, 3)
	var joined []*hub.Membership
	for i := range 12 {
		joined = append(joined, w.nodes[i%3].client().enter(fmt.Sprint("presence-", i), "ann"))
	}
	w.nodes[0].client().mustJoin("news")
	for kind, n := range map[replica.AnnouncementKind]int{replica.Occupied: 13, replica.MemberAdded: 12} {
		w.until(fmt.Sprintf("%d announcements of kind %d", n, kind), func() bool { return w.counted(kind) == n })
	}
	w.bus.Partition(w.nodes[2].adapter.incarnation()) // others lead its cells, and four members go
	w.until("four members gone", func() bool { return w.counted(replica.MemberRemoved) == 4 })
	w.bus.Heal(w.nodes[2].adapter.incarnation())
	w.until("and come again", func() bool { return w.counted(replica.MemberAdded) == 16 })
	w.bus.Forget(cellOf("app", "presence-0")) // nothing has gone
	for _, m := range joined {
		m.Leave()
	}
	w.until("all members gone", func() bool { return w.counted(replica.MemberRemoved) == 16 })
	w.until("their channels vacated", func() bool { return w.counted(replica.Vacated) == 16 })
	if n := w.counted(replica.Subscribed); n != 1 {
		t.Errorf("the number of subscriptions of news was told %d times", n)
	}
}
