package history

import (
	"fmt"
	"maps"
	"slices"
)

// List is the list of members that a client builds from a snapshot and the
// events after it. The zero value has no snapshot yet.
type List struct{ users map[string]string } // info by user

// Begin takes the snapshot, info by user.
func (l *List) Begin(members map[string]string) { l.users = maps.Clone(members) }

// Began reports whether there was a snapshot.
func (l *List) Began() bool { return l.users != nil }

// Added takes the news that a user has come.
func (l *List) Added(user, info string) error {
	if _, there := l.users[user]; there || l.users == nil {
		return fmt.Errorf("%s was added to a list that has %v", user, l.Users())
	}
	l.users[user] = info
	return nil
}

// Removed takes the news that a user has gone.
func (l *List) Removed(user string) error {
	if _, there := l.users[user]; !there {
		return fmt.Errorf("%s was removed from a list that has %v", user, l.Users())
	}
	delete(l.users, user)
	return nil
}

// Users returns who is in the list, sorted.
func (l *List) Users() []string { return slices.Sorted(maps.Keys(l.users)) }

// Has reports whether a user is in the list.
func (l *List) Has(user string) bool {
	_, there := l.users[user]
	return there
}

// Equal reports whether the list is exactly this one.
func (l *List) Equal(members map[string]string) bool { return maps.Equal(l.users, members) }
