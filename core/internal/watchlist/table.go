package watchlist

import (
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/delay"
)

// Times of the Pusher protocol's watchlist as we serve it.
const (
	// gather is how long changes are collected for a watcher.
	gather = 250 * time.Millisecond
	// grace is how long a user may be away without being offline.
	grace = 3 * time.Second
)

// Table is who is online and who watches whom, over all apps.
type Table struct {
	offline, tell *delay.Line

	mu         sync.Mutex
	users      map[userKey]*user
	departures uint64 // so far
}

type userKey struct{ app, id string }

// user is somebody who is online, or watched, or both.
type user struct {
	online   bool // as watchers know it
	signedIn bool
	leaving  *delay.Ticket
	left     uint64 // its number among the departures
	watchers map[*Watcher]struct{}
}

// Watcher is one connection with a watchlist.
type Watcher struct {
	table *Table
	keys  []userKey
	send  func(online, offline []string)

	// Guarded by table.mu.
	changed map[string]bool // user id -> online
	told    map[string]bool // what the client knows
	pending *delay.Ticket
	over    bool
}

// New returns an empty table.
func New() *Table {
	return &Table{offline: delay.New(grace), tell: delay.New(gather), users: map[userKey]*user{}}
}

// Stop ends all waiting; nobody is told anything any more.
func (t *Table) Stop() {
	t.offline.Stop()
	t.tell.Stop()
}

// SignedIn is called when the first connection of a user has signed in.
func (t *Table) SignedIn(appID, userID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := userKey{appID, userID}
	u := t.user(key)
	u.signedIn = true
	if u.leaving != nil {
		u.leaving.CallOff()
		u.leaving = nil
	}
	t.set(key, u, true)
}

// SignedOut is called when the last connection of a user has gone.
func (t *Table) SignedOut(appID, userID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := userKey{appID, userID}
	u := t.user(key)
	u.signedIn = false
	if u.leaving == nil {
		t.departures++
		number := t.departures
		u.left, u.leaving = number, t.offline.After(func() { t.left(key, number) })
	}
}

// left is called when the grace time of a departure is over. The user may have
// come back a moment ago, and even have left again.
func (t *Table) left(key userKey, number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[key]
	if u == nil || u.signedIn || u.left != number {
		return
	}
	u.leaving = nil
	t.set(key, u, false)
	t.drop(key, u)
}

// set notes a change for all who watch u.
func (t *Table) set(key userKey, u *user, online bool) {
	if u.online == online {
		return
	}
	u.online = online
	for w := range u.watchers {
		w.changed[key.id] = online
		if w.pending == nil {
			w.pending = t.tell.After(w.flush)
		}
	}
}

// user returns the entry of a user, made if need be.
func (t *Table) user(key userKey) *user {
	u := t.users[key]
	if u == nil {
		u = &user{watchers: map[*Watcher]struct{}{}}
		t.users[key] = u
	}
	return u
}

// drop forgets a user of whom there is nothing to remember.
func (t *Table) drop(key userKey, u *user) {
	if !u.online && !u.signedIn && u.leaving == nil && len(u.watchers) == 0 {
		delete(t.users, key)
	}
}

// Len is the number of users that the table remembers.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.users)
}
