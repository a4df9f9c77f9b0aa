package adapter

import (
	"strings"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/replica"
)

// Everywhere answers questions about all nodes, from what this one knows; that
// needs no call and works while the others are out of reach.
type Everywhere struct{ node *Node }

// Everywhere returns what answers questions.
func (n *Node) Everywhere() Everywhere { return Everywhere{n} }

// Channels returns the occupied channels of an app whose names begin with prefix,
// in no order.
func (w Everywhere) Channels(appID, prefix string) []hub.ChannelInfo {
	n := w.node
	n.mu.RLock()
	defer n.mu.RUnlock()
	var all []hub.ChannelInfo
	for i := range uint32(cells) {
		cell := n.machine.Cell(i)
		cell.Numbers(appID, func(name string, total uint32) {
			if strings.HasPrefix(name, prefix) && isChannel(name) {
				all = append(all, infoOf(cell, appID, name, total))
			}
		})
	}
	return all
}

// Channel returns what is known of a channel; false if nobody is subscribed.
func (w Everywhere) Channel(appID, name string) (hub.ChannelInfo, bool) {
	n := w.node
	n.mu.RLock()
	defer n.mu.RUnlock()
	cell := n.machine.Cell(cellOf(appID, name))
	total := cell.Total(countKey(appID, name))
	if total == 0 || !isChannel(name) {
		return hub.ChannelInfo{}, false
	}
	return infoOf(cell, appID, name, total), true
}

func infoOf(cell *replica.Cell, appID, name string, total uint32) hub.ChannelInfo {
	return hub.ChannelInfo{Name: name, Subscriptions: int(total), Users: cell.Users(presenceKey(appID, name))}
}

// isChannel leaves out what is counted and is no channel: quotas, connections,
// and the channels of users, which no API shows.
func isChannel(name string) bool { return name != "" && name[0] != '#' }

// Members returns the members of a presence channel.
func (w Everywhere) Members(appID, name string) []pusher.Member {
	n := w.node
	n.mu.RLock()
	defer n.mu.RUnlock()
	var all []pusher.Member
	for _, m := range n.machine.Cell(cellOf(appID, name)).Members(presenceKey(appID, name)) {
		all = append(all, pusher.Member{UserID: m.User, Info: m.Info})
	}
	return all
}

// Users returns the ids of the members of a presence channel.
func (w Everywhere) Users(appID, name string) []string {
	n := w.node
	n.mu.RLock()
	defer n.mu.RUnlock()
	members := n.machine.Cell(cellOf(appID, name)).Members(presenceKey(appID, name))
	ids := make([]string, len(members))
	for i := range members {
		ids[i] = members[i].User
	}
	return ids
}

// Connections is how many connections an app has.
func (w Everywhere) Connections(appID string) int {
	n := w.node
	n.mu.RLock()
	defer n.mu.RUnlock()
	return int(n.machine.Cell(cellOf(appID, connections)).Total(countKey(appID, connections)))
}

// Terminate closes the connections of a user on all nodes.
func (w Everywhere) Terminate(appID, userID string) { w.node.Terminate(appID, userID) }

// Nodes returns the incarnations of the nodes of the cluster.
func (n *Node) Nodes() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.machine.Cell(0).Nodes()
}
