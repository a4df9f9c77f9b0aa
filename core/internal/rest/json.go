package rest

import (
	"encoding/json"
	"strconv"

	"github.com/jackfield/jackfield/core/internal/hub"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// appendCounts appends the counts that were asked for, those of users only for
// presence channels.
func appendCounts(dst []byte, ch pusher.Channel, known hub.ChannelInfo, asked pusher.Info) []byte {
	users := asked.Has(pusher.InfoUserCount) && ch.Class == pusher.Presence
	if users {
		dst = appendCount(dst, "user_count", known.Users)
	}
	if asked.Has(pusher.InfoSubscriptionCount) {
		if users {
			dst = append(dst, ',')
		}
		dst = appendCount(dst, "subscription_count", known.Subscriptions)
	}
	return dst
}

func appendCount(dst []byte, name string, n int) []byte {
	return strconv.AppendInt(appendName(dst, name), int64(n), 10)
}

// appendName appends the name of a member of an object and the colon.
func appendName(dst []byte, name string) []byte {
	return append(appendQuoted(dst, name), ':')
}

// appendQuoted appends a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
