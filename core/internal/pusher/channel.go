package pusher

import (
	"fmt"
	"strings"
)

// Class says who may join a channel.
type Class uint8

// The classes. Whether a channel keeps its last event is another matter, see
// Channel.Cache.
const (
	Public    Class = iota
	Private         // with a signature
	Encrypted       // Private, and the server cannot read the events
	Presence        // with a signature, and the members know of each other
	User            // events for one signed-in user; joined by signing in
)

// Channel is a well-formed channel name and what follows from it. Values are comparable.
type Channel struct {
	Name  string
	Class Class
	// Cache is set for channels whose last event is kept for newcomers.
	Cache bool
}

const (
	userPrefix      = "#server-to-user-"
	presencePrefix  = "presence-"
	privatePrefix   = "private-"
	encryptedPrefix = "private-encrypted-"
	cachePrefix     = "cache-"
)

// ParseChannel classifies a channel name by its prefix, or returns a
// *NameError. A name has 1 to maxLen (0: any number of) letters, digits and
// "_-=@,.;". The other form is "#server-to-user-" and the id of a user, to
// which the rule for ids applies (CheckUserID) and not maxLen.
func ParseChannel(name string, maxLen int) (Channel, error) {
	if id, ok := strings.CutPrefix(name, userPrefix); ok {
		return userChannel(name, id)
	}
	if err := checkChannelName(name, maxLen); err != nil {
		return Channel{}, err
	}
	ch := Channel{Name: name}
	rest := name
	switch {
	case cutPrefix(&rest, presencePrefix):
		ch.Class = Presence
	case cutPrefix(&rest, encryptedPrefix):
		ch.Class = Encrypted
	case cutPrefix(&rest, privatePrefix):
		ch.Class = Private
	}
	ch.Cache = strings.HasPrefix(rest, cachePrefix)
	return ch, nil
}

// UserChannel returns the channel of a user's own events.
func UserChannel(userID string) Channel {
	return Channel{Name: userPrefix + userID, Class: User}
}

// UserOfChannel returns whose own channel a name is; false for other channels.
func UserOfChannel(name string) (userID string, ok bool) { return strings.CutPrefix(name, userPrefix) }

// UserID returns whose channel this is, "" if its class is not User.
func (c Channel) UserID() string {
	if c.Class != User {
		return ""
	}
	return c.Name[len(userPrefix):]
}

// NeedsAuth reports whether joining takes a signature.
func (c Channel) NeedsAuth() bool {
	return c.Class == Private || c.Class == Encrypted || c.Class == Presence
}

// AllowsClientEvents reports whether members may send events themselves.
func (c Channel) AllowsClientEvents() bool {
	return c.Class == Private || c.Class == Presence
}

var typeLabels = [...]struct{ plain, cache string }{
	Public:    {"public", "cache"},
	Private:   {"private", "private-cache"},
	Encrypted: {"private-encrypted", "private-encrypted-cache"},
	Presence:  {"presence", "presence-cache"},
	User:      {"server-to-user", "server-to-user"},
}

// TypeLabel returns the kind of channel as a metrics label: one of nine values.
func (c Channel) TypeLabel() string {
	if c.Cache {
		return typeLabels[c.Class].cache
	}
	return typeLabels[c.Class].plain
}

func checkChannelName(name string, maxLen int) error {
	const what = "channel name"
	switch {
	case name == "":
		return &NameError{What: what, Problem: "must not be empty"}
	case maxLen > 0 && len(name) > maxLen:
		return tooLong(what, maxLen)
	case name[0] == '#':
		return &NameError{What: what, Problem: fmt.Sprintf("%.40q begins with \"#\", which is reserved for %s", name, userPrefix)}
	}
	for i := range len(name) {
		if !channelByte[name[i]] {
			return &NameError{What: what, Problem: fmt.Sprintf("%.40q has a character at position %d that is none of A-Z a-z 0-9 _-=@,.;", name, i)}
		}
	}
	return nil
}

var channelByte = func() (allowed [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=@,.;" {
		allowed[c] = true
	}
	return allowed
}()

func cutPrefix(s *string, prefix string) (found bool) {
	*s, found = strings.CutPrefix(*s, prefix)
	return found
}

func userChannel(name, id string) (Channel, error) {
	if err := CheckUserID(id); err != nil {
		return Channel{}, err
	}
	return Channel{Name: name, Class: User}, nil
}
