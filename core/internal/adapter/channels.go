package adapter

import (
	"time"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

var _ hub.Cluster = (*Node)(nil)

// Begin implements hub.Cluster: the channel is watched, and messages for it are
// subscribed to.
func (n *Node) Begin(c *hub.Channel) {
	app, name := c.AppID(), c.Name()
	n.topics.want(topicOf(app, name), c.Ready)
	n.mail.post(func(now time.Duration) {
		n.watched[channelKey{app, name}] = c
		cell := n.machine.Cell(cellOf(app, name))
		for _, m := range cell.Members(presenceKey(app, name)) {
			c.Show(pusher.Member{UserID: m.User, Info: m.Info})
		}
		c.Total(int(cell.Total(countKey(app, name))))
	})
}

// End implements hub.Cluster.
func (n *Node) End(c *hub.Channel) {
	key := channelKey{c.AppID(), c.Name()}
	n.topics.leave(topicOf(key.app, key.name))
	n.mail.post(func(time.Duration) {
		if n.watched[key] == c {
			delete(n.watched, key)
		}
	})
}

// Enter implements hub.Cluster.
func (n *Node) Enter(c *hub.Channel, userID string, info []byte, maxMembers int) {
	app, name := c.AppID(), c.Name()
	n.mail.post(func(now time.Duration) {
		n.machine.Cell(cellOf(app, name)).Enter(now, presenceKey(app, name), userID, info, uint32(maxMembers))
	})
}

// Exit implements hub.Cluster.
func (n *Node) Exit(c *hub.Channel, userID string) {
	app, name := c.AppID(), c.Name()
	n.mail.post(func(now time.Duration) {
		n.machine.Cell(cellOf(app, name)).Exit(now, presenceKey(app, name), userID)
	})
}

// Count implements hub.Cluster.
func (n *Node) Count(c *hub.Channel, count int) { n.count(c.AppID(), c.Name(), count) }

// connections is the name under which the connections of an app are counted; no
// channel has it.
const connections = "#connections"

// Connections implements hub.Cluster.
func (n *Node) Connections(appID string, count int) { n.count(appID, connections, count) }

func (n *Node) count(app, name string, count int) {
	n.mail.post(func(now time.Duration) {
		n.machine.Cell(cellOf(app, name)).Count(now, countKey(app, name), uint32(count))
	})
}

// Admit asks for a place for a connection to an app that may have limit of them
// on all nodes (0: any number). answer is called once, within about the time of
// a verdict, and returns at once.
func (n *Node) Admit(appID string, limit int, answer func(ok bool)) {
	ticket := answer
	if limit == 0 {
		answer(true)
		ticket = func(bool) {}
	}
	if !n.mail.post(func(now time.Duration) {
		n.machine.Cell(cellOf(appID, "")).Admit(now, countKey(appID, ""), uint32(limit), ticket)
	}) {
		ticket(false) // the node has stopped
	}
}

// Release gives a place back.
func (n *Node) Release(appID string) {
	n.mail.post(func(now time.Duration) { n.machine.Cell(cellOf(appID, "")).Release(now, countKey(appID, "")) })
}
