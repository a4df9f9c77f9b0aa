package pusher

import "strconv"

// Member is a user of a presence channel.
type Member struct {
	UserID string
	// Info is the user_info as the back end signed it, a JSON value.
	Info []byte
}

// AppendPresenceSucceeded appends the answer to a subscription to a presence
// channel. members are all users, each of them once.
func AppendPresenceSucceeded(dst []byte, channel string, members []Member) []byte {
	dst = appendHead(dst, "pusher_internal:subscription_succeeded", channel)
	dst = append(dst, `{\"presence\":{\"ids\":[`...)
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuotedTwice(dst, m.UserID)
	}
	dst = append(dst, `],\"hash\":{`...)
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuotedTwice(dst, m.UserID)
		dst = append(dst, ':')
		dst = appendInfo(dst, m.Info)
	}
	dst = append(dst, `},\"count\":`...)
	dst = strconv.AppendInt(dst, int64(len(members)), 10)
	return append(dst, `}}"}`...)
}

// AppendMemberAdded appends that a user's first connection joined.
func AppendMemberAdded(dst []byte, channel string, m Member) []byte {
	dst = appendHead(dst, "pusher_internal:member_added", channel)
	dst = append(dst, `{\"user_id\":`...)
	dst = appendQuotedTwice(dst, m.UserID)
	dst = append(dst, `,\"user_info\":`...)
	dst = appendInfo(dst, m.Info)
	return append(dst, `}"}`...)
}

// AppendMemberRemoved appends that a user's last connection left.
func AppendMemberRemoved(dst []byte, channel, userID string) []byte {
	dst = appendHead(dst, "pusher_internal:member_removed", channel)
	dst = append(dst, `{\"user_id\":`...)
	dst = appendQuotedTwice(dst, userID)
	return append(dst, `}"}`...)
}

func appendInfo(dst, info []byte) []byte {
	if isNull(info) {
		return append(dst, `{}`...)
	}
	return appendEscaped(dst, info, false)
}
