package cluster

import (
	"fmt"
	"slices"
	"time"
)

// reaches waits until a message through each node gets to all clients in a
// presence channel.
func (w *world) reaches(channel string) {
	w.Helper()
	for i, n := range w.nodes {
		if n == nil {
			continue
		}
		text := fmt.Sprintf("from %d at %d", i, time.Now().UnixNano())
		w.until(fmt.Sprintf("a message of node %d everywhere", i), func() bool {
			_, err := publish(n, channel, text)
			return err == nil && !slices.ContainsFunc(w.clients, func(c *client) bool { return c.in(channel) && !c.got(channel, text) })
		})
	}
}

// counted waits until all nodes have these numbers of a presence channel.
func (w *world) counted(channel string, users, subscriptions int) {
	w.Helper()
	for i, n := range w.nodes {
		w.until(fmt.Sprintf("%d users and %d subscriptions at node %d", users, subscriptions, i), func() bool {
			u, s := counts(n, channel)
			return u == users && s == subscriptions
		})
	}
}

// undisturbed fails if anybody who was there all the time was told to be gone, or
// was closed.
func (w *world) undisturbed(channel string, clients []*client) {
	w.Helper()
	for i, c := range clients {
		if n := c.count("pusher_internal:member_removed", channel); n > 0 || !c.in(channel) {
			w.Errorf("client %d of node %d was told %d removals, is in: %v", i, c.node, n, c.in(channel))
		}
	}
}
