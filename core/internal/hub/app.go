package hub

import (
	"maps"
	"strings"
	"sync"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// App holds the channels of one app on this node.
type App struct {
	ID   string
	hub  *Hub
	logs []*log // one per shard

	mu       sync.RWMutex
	channels map[string]*Channel
	conns    int            // open connections
	admitted int            // those that count to the limit
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
	if limit > 0 && a.admitted >= limit {
		return false
	}
	a.conns++
	a.admitted++
	a.tellConnections()
	return true
}

// Welcome counts a connection as a guest, which does not count to the limit
// until Promote.
func (a *App) Welcome() {
	a.mu.Lock()
	a.conns++
	a.tellConnections()
	a.mu.Unlock()
}

// Promote is Admit for a guest.
func (a *App) Promote(limit int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if limit > 0 && a.admitted >= limit {
		return false
	}
	a.admitted++
	return true
}

// Dismiss takes back one Admit, or one Welcome of a guest.
func (a *App) Dismiss(guest bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conns--
	a.tellConnections()
	if !guest {
		a.admitted--
	}
}

// Connections is the number of open connections, guests too.
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
		if strings.HasPrefix(name, prefix) && c.kind.Class != pusher.User {
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
	if c == nil || c.kind.Class == pusher.User {
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

// Members returns the members of a presence channel with their infos, in the
// order in which they came.
func (h *Hub) Members(appID, name string) []pusher.Member {
	if c := h.lookUp(appID, name); c != nil {
		return c.members()
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

// Total is the state of an app on this node.
type Total struct {
	Connections int
	Channels    map[string]int // occupied, by type label
	Members     int            // of presence channels
	LogBytes    int            // waiting to be delivered
}

// Totals calls yield for each app.
func (h *Hub) Totals(yield func(appID string, t Total)) {
	h.apps.Range(func(_, v any) bool {
		a := v.(*App)
		yield(a.ID, a.total())
		return true
	})
}

func (a *App) total() Total {
	a.mu.RLock()
	t := Total{Connections: a.conns, Channels: maps.Clone(a.occupied)}
	var presence []*Channel
	for _, c := range a.channels {
		if c.presence != nil {
			presence = append(presence, c)
		}
	}
	a.mu.RUnlock()
	for _, c := range presence {
		t.Members += c.here()
	}
	for _, l := range a.logs {
		l.shard.mu.Lock()
		t.LogBytes += l.bytes
		l.shard.mu.Unlock()
	}
	return t
}
