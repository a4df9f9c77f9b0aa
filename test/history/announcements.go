package history

import (
	"fmt"
	"maps"
	"slices"
)

// Announcement is one event that a back end was told.
type Announcement struct {
	// ID is that of the delivery, Name the event's, such as "member_added".
	ID, Name      string
	Channel, User string
}

// opposites are the events that come in turn, the first of each pair first.
var opposites = map[string]string{
	"channel_occupied": "channel_vacated",
	"member_added":     "member_removed",
	"user_signed_in":   "user_signed_out",
}

// Announcements is what a back end was told. The zero value is ready.
type Announcements struct {
	byID    map[string]Announcement
	present map[Announcement]bool // without id, by the first of the pair
	again   int
}

// Add takes one announcement. The same id may come again with the same content;
// what comes and goes must come in turn.
func (a *Announcements) Add(n Announcement) error {
	if a.byID == nil {
		a.byID, a.present = map[string]Announcement{}, map[Announcement]bool{}
	}
	if before, ok := a.byID[n.ID]; ok {
		a.again++
		if before != n {
			return fmt.Errorf("id %s was %v and is now %v", n.ID, before, n)
		}
		return nil
	}
	a.byID[n.ID] = n
	for came, went := range opposites {
		fact := Announcement{Name: came, Channel: n.Channel, User: n.User}
		switch n.Name {
		case came:
			if a.present[fact] {
				return fmt.Errorf("%v was told of what is there already", n)
			}
			a.present[fact] = true
		case went:
			if !a.present[fact] {
				return fmt.Errorf("%v was told of what was not there", n)
			}
			delete(a.present, fact)
		}
	}
	return nil
}

// Present returns what is there, as the announcements say: the channels that are
// occupied, "channel/user" for members, and users who are signed in; sorted.
func (a *Announcements) Present(came string) []string {
	found := map[string]bool{}
	for fact := range a.present {
		if fact.Name == came {
			name := fact.Channel
			if fact.User != "" {
				name += "/" + fact.User
			}
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Again is how many announcements came with an id that was known.
func (a *Announcements) Again() int { return a.again }
