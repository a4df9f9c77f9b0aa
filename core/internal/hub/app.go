package hub

import (
	"strings"
	"sync"
)

// App holds the channels of one app on this node.
type App struct {
	ID   string
	hub  *Hub
	logs []*log // one per shard

	mu       sync.RWMutex
	channels map[string]*Channel
	conns    int
	occupied map[string]int // channels by type label
}

func newApp(h *Hub, id string) *App {
	a := &App{ID: id, hub: h, channels: map[string]*Channel{}, occupied: map[string]int{}}
	var counters Counters
	if h.opts.Counters != nil {
		counters = h.opts.Counters(id)
	}
	for _, s := range h.shards {
		a.logs = append(a.logs, &log{app: a, shard: s, counters: counters})
	}
	return a
}

// Admit counts a connection unless limit (0: none) are already there.
func (a *App) Admit(limit int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if limit > 0 && a.conns >= limit {
		return false
	}
	a.conns++
	return true
}

// Dismiss takes back one Admit.
func (a *App) Dismiss() {
	a.mu.Lock()
	a.conns--
	a.mu.Unlock()
}

// Connections is the number of admitted connections.
func (a *App) Connections() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.conns
}

// channel returns an occupied channel, or nil.
func (a *App) channel(name string) *Channel {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.channels[name]
}

// ChannelInfo is what is known of an occupied channel on this node.
type ChannelInfo struct {
	Name          string
	Subscriptions int
	Users         int // presence channels only
}

// Channels returns the occupied channels of an app whose names begin with
// prefix, in no order.
func (h *Hub) Channels(appID, prefix string) []ChannelInfo {
	a, ok := h.apps.Load(appID)
	if !ok {
		return nil
	}
	return a.(*App).list(prefix)
}

func (a *App) list(prefix string) []ChannelInfo {
	a.mu.RLock()
	found := make([]*Channel, 0, len(a.channels))
	for name, c := range a.channels {
		if strings.HasPrefix(name, prefix) {
			found = append(found, c)
		}
	}
	a.mu.RUnlock()
	infos := make([]ChannelInfo, 0, len(found))
	for _, c := range found {
		if info := c.info(); info.Subscriptions > 0 {
			infos = append(infos, info)
		}
	}
	return infos
}

// Channel returns what is known of a channel; false if nobody is subscribed.
func (h *Hub) Channel(appID, name string) (ChannelInfo, bool) {
	c := h.lookUp(appID, name)
	if c == nil {
		return ChannelInfo{}, false
	}
	info := c.info()
	return info, info.Subscriptions > 0
}

// Users returns the ids of the members of a presence channel, in the order in
// which they came.
func (h *Hub) Users(appID, name string) []string {
	if c := h.lookUp(appID, name); c != nil {
		return c.users()
	}
	return nil
}

func (h *Hub) lookUp(appID, name string) *Channel {
	a, ok := h.apps.Load(appID)
	if !ok {
		return nil
	}
	return a.(*App).channel(name)
}

// Totals calls yield for each app with its connections, occupied channels by
// type label and presence members.
func (h *Hub) Totals(yield func(appID string, connections int, channels map[string]int, members int)) {
	h.apps.Range(func(_, v any) bool {
		a := v.(*App)
		a.mu.RLock()
		channels := make(map[string]int, len(a.occupied))
		for k, n := range a.occupied {
			channels[k] = n
		}
		conns, members := a.conns, 0
		var presence []*Channel
		for _, c := range a.channels {
			if c.presence != nil {
				presence = append(presence, c)
			}
		}
		a.mu.RUnlock()
		for _, c := range presence {
			members += c.info().Users
		}
		yield(a.ID, conns, channels, members)
		return true
	})
}
