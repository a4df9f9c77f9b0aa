//go:build linux

package load

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Subscribe asks for subscriptions, signed where the channel is private.
func (s *Socket) Subscribe(app App, channels ...string) error {
	messages := make([][]byte, len(channels))
	for i, ch := range channels {
		messages[i] = SubscribeMessage(app, s.ID, ch)
	}
	return s.Send(messages...)
}

// SubscribeMessage is what the client with this socket id sends to subscribe.
func SubscribeMessage(app App, socketID, channel string) []byte {
	auth := ""
	if strings.HasPrefix(channel, "private-") {
		auth = `,"auth":"` + app.Key + ":" + sign(app.Secret, socketID+":"+channel) + `"`
	}
	return []byte(`{"event":"pusher:subscribe","data":{"channel":"` + channel + `"` + auth + `}}`)
}

// UnsubscribeMessage ends a subscription.
func UnsubscribeMessage(channel string) []byte {
	return []byte(`{"event":"pusher:unsubscribe","data":{"channel":"` + channel + `"}}`)
}

func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// A message's data is a stamp and padding: when the message was due, in
// nanoseconds since 1970, which always have as many digits.
const (
	stampMark   = "T="
	stampDigits = 19
	dataSize    = 105
	eventName   = "m"
)

// FrameSize is the size of the frame in which a subscriber of channel gets a
// message: 150 bytes if the name has five letters.
func FrameSize(channel string) int {
	return frameSize(len(`{"event":"","channel":"","data":""}`) + len(eventName) + len(channel) + dataSize)
}

// appendEvent appends the body of a request for one message, with size bytes of
// data, to channels.
func appendEvent(b []byte, due time.Time, size int, channels []string) []byte {
	b = append(b, `{"name":"`+eventName+`","channels":[`...)
	for i, ch := range channels {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), ch...), '"')
	}
	return append(appendData(append(b, `],"data":"`...), due, size), `"}`...)
}

// appendBatch appends the body of a request for n messages to a channel.
func appendBatch(b []byte, due time.Time, channel string, n int) []byte {
	b = append(b, `{"batch":[`...)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":"`+eventName+`","channel":"`+channel+`","data":"`...)
		b = append(appendData(b, due, dataSize), `"}`...)
	}
	return append(b, "]}"...)
}

// appendData appends size bytes of data.
func appendData(dst []byte, due time.Time, size int) []byte {
	begin := len(dst)
	dst = append(dst, stampMark...)
	dst = strconv.AppendInt(dst, due.UnixNano(), 10)
	for len(dst) < begin+size {
		dst = append(dst, 'x')
	}
	return dst
}

// eachStamp calls yield with the time in each message that b holds as a whole.
func eachStamp(b []byte, yield func(due time.Time)) {
	for {
		i := bytes.Index(b, []byte(stampMark))
		if i < 0 || len(b) < i+len(stampMark)+stampDigits {
			return
		}
		b = b[i+len(stampMark):]
		var ns int64
		for _, c := range b[:stampDigits] {
			ns = ns*10 + int64(c-'0')
		}
		yield(time.Unix(0, ns))
		b = b[stampDigits:]
	}
}
