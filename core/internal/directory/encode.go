package directory

import (
	"bytes"
	"encoding/json"

	"github.com/jackfield/jackfield/core/internal/pusher"
)

// maxValue bounds the list of members of one channel.
const maxValue = 1 << 20

type channelJSON struct {
	Channel   string       `json:"channel"`
	Count     int          `json:"count"`
	Members   []memberJSON `json:"members"`
	Truncated bool         `json:"truncated,omitempty"` // members are left out
}

type memberJSON struct {
	UserID   string          `json:"user_id"`
	UserInfo json.RawMessage `json:"user_info,omitempty"`
}

// encodeChannel is the entry of a channel with these members, nil if there are none.
func encodeChannel(channel string, members []pusher.Member) []byte {
	if len(members) == 0 {
		return nil
	}
	c := channelJSON{Channel: channel, Count: len(members), Members: []memberJSON{}}
	size := 0
	for _, m := range members {
		if size += len(m.UserID) + len(m.Info); size > maxValue {
			c.Truncated = true
			break
		}
		c.Members = append(c.Members, memberJSON{m.UserID, m.Info})
	}
	return encode(c)
}

// encodeUser is the entry of a user who is signed in.
func encodeUser(id string) []byte {
	return encode(struct {
		UserID string `json:"user_id"`
	}{id})
}

// encode leaves "<", ">" and "&" as they are. What a client sent as its info was
// checked when it came.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil
	}
	return bytes.TrimSpace(b.Bytes())
}
