package cluster

import (
	"testing"
)

func TestMembersAreThoseOfAllNodes(t *testing.T) {
	w := start(t, 3, nil)
	a := w.enter(0, "presence-x", "ann")
	w.enter(1, "presence-x", "ben")
	w.enter(2, "presence-x", "cid")
	w.until("the first client in", func() bool { return a.in("presence-x") })
	w.agree("presence-x", "ann", "ben", "cid")
	w.clients[1].close()
	w.agree("presence-x", "ann", "cid")
	if _, err := publish(w.nodes[2], "presence-x", "hello"); err != nil {
		t.Fatal(err)
	}
	w.until("the message on another node", func() bool { return a.count("news", "presence-x") == 1 })
}
