package pusher

import "strconv"

// AppendConnectionEstablished appends the first frame of a connection.
// activityTimeout is in seconds and must be at least 1: clients refuse 0.
func AppendConnectionEstablished(dst []byte, id SocketID, activityTimeout int) []byte {
	dst = append(dst, `{"event":"pusher:connection_established","data":"{\"socket_id\":\"`...)
	dst = id.AppendTo(dst)
	dst = append(dst, `\",\"activity_timeout\":`...)
	dst = strconv.AppendInt(dst, int64(activityTimeout), 10)
	return append(dst, `}"}`...)
}

// AppendError appends "pusher:error", the only frame whose data is an object.
func AppendError(dst []byte, code Code, message string) []byte {
	dst = append(dst, `{"event":"pusher:error","data":{"code":`...)
	if code == NoCode {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendUint(dst, uint64(code), 10)
	}
	dst = append(dst, `,"message":`...)
	dst = appendQuoted(dst, message)
	return append(dst, `}}`...)
}

// AppendPing appends "pusher:ping".
func AppendPing(dst []byte) []byte {
	return append(dst, `{"event":"pusher:ping","data":"{}"}`...)
}

// AppendPong appends the answer to "pusher:ping".
func AppendPong(dst []byte) []byte {
	return append(dst, `{"event":"pusher:pong","data":"{}"}`...)
}

// AppendSubscriptionSucceeded appends the answer to a subscription to a channel
// without presence.
func AppendSubscriptionSucceeded(dst []byte, channel string) []byte {
	dst = appendHead(dst, "pusher_internal:subscription_succeeded", channel)
	return append(dst, `{}"}`...)
}

// AppendSubscriptionError appends the refusal of a subscription; AppendError
// with the same e belongs after it.
func AppendSubscriptionError(dst []byte, channel string, e *Error) []byte {
	dst = appendHead(dst, "pusher:subscription_error", channel)
	dst = append(dst, `{\"type\":`...)
	dst = appendQuotedTwice(dst, e.Type)
	dst = append(dst, `,\"error\":`...)
	dst = appendQuotedTwice(dst, e.Message)
	dst = append(dst, `,\"status\":`...)
	dst = strconv.AppendInt(dst, int64(e.Status), 10)
	return append(dst, `}"}`...)
}

// AppendSubscriptionCount appends how many connections a channel has.
func AppendSubscriptionCount(dst []byte, channel string, count int) []byte {
	dst = appendHead(dst, "pusher_internal:subscription_count", channel)
	dst = append(dst, `{\"subscription_count\":`...)
	dst = strconv.AppendInt(dst, int64(count), 10)
	return append(dst, `}"}`...)
}

// AppendCacheMiss appends that a cache channel holds no event.
func AppendCacheMiss(dst []byte, channel string) []byte {
	dst = appendHead(dst, "pusher:cache_miss", channel)
	return append(dst, `{}"}`...)
}

// AppendSigninSuccess appends the answer to a sign-in, which repeats the
// user_data that was signed, byte by byte.
func AppendSigninSuccess[T Text](dst []byte, userData T) []byte {
	dst = append(dst, `{"event":"pusher:signin_success","data":"{\"user_data\":`...)
	dst = appendQuotedTwice(dst, userData)
	return append(dst, `}"}`...)
}

// AppendWatchlistEvents appends which watched users came online and went
// offline. An empty group is left out; at least one must not be empty.
func AppendWatchlistEvents(dst []byte, online, offline []string) []byte {
	dst = append(dst, `{"event":"pusher_internal:watchlist_events","data":"{\"events\":[`...)
	dst = appendWatchlistGroup(dst, "online", online)
	if len(online) > 0 && len(offline) > 0 {
		dst = append(dst, ',')
	}
	dst = appendWatchlistGroup(dst, "offline", offline)
	return append(dst, `]}"}`...)
}

func appendWatchlistGroup(dst []byte, name string, users []string) []byte {
	if len(users) == 0 {
		return dst
	}
	dst = append(dst, `{\"name\":`...)
	dst = appendQuotedTwice(dst, name)
	dst = append(dst, `,\"user_ids\":[`...)
	for i, id := range users {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuotedTwice(dst, id)
	}
	return append(dst, `]}`...)
}

// AppendEvent appends an event of a channel. data is a JSON value as the sender
// wrote it: an encoded string is copied as it is, still escaped, any other value
// becomes a string that holds its text, and nil becomes "{}". userID is the
// sender of a client event on a presence channel, else "".
func AppendEvent[E, C Text](dst []byte, event E, channel C, data []byte, userID string) []byte {
	dst = append(dst, `{"event":`...)
	dst = appendQuoted(dst, event)
	dst = append(dst, `,"channel":`...)
	dst = appendQuoted(dst, channel)
	dst = append(dst, `,"data":`...)
	dst = AppendData(dst, data)
	if userID != "" {
		dst = append(dst, `,"user_id":`...)
		dst = appendQuoted(dst, userID)
	}
	return append(dst, '}')
}

// AppendData appends what AppendEvent writes for data: always an encoded JSON
// string of valid UTF-8.
func AppendData(dst, data []byte) []byte {
	switch {
	case len(data) == 0:
		return append(dst, `"{}"`...)
	case isString(data):
		return appendValid(dst, data)
	default:
		return appendQuoted(dst, data)
	}
}

// appendHead appends a frame up to the opening quote of its data.
func appendHead(dst []byte, event, channel string) []byte {
	dst = append(dst, `{"event":"`...)
	dst = append(dst, event...)
	dst = append(dst, `","channel":`...)
	dst = appendQuoted(dst, channel)
	return append(dst, `,"data":"`...)
}
