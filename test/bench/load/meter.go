//go:build linux

package load

import "encoding/binary"

// meter counts the bytes of messages in what one socket reads. Messages have
// frames with a long header; whatever else a server tells its subscribers, such
// as how many they are, is shorter and does not count.
type meter struct {
	head [longHeader]byte // of the frame under way, until it is whole
	got  int              // bytes of it
	size int              // of the frame, 0 if the frame is short
	left int              // bytes of the frame that are still to come
}

const (
	shortHeader = 2
	longHeader  = 4
)

// count reads on and returns the size of the messages that ended.
func (m *meter) count(b []byte) (messages int64) {
	for len(b) > 0 {
		if m.left == 0 {
			b = m.header(b)
		}
		n := min(m.left, len(b))
		m.left -= n
		b = b[n:]
		if m.left == 0 {
			messages += int64(m.size)
			m.size = 0
		}
	}
	return messages
}

// header takes bytes of a header from b; left is set when it is whole.
func (m *meter) header(b []byte) []byte {
	need := shortHeader
	for {
		if m.got >= shortHeader && m.head[1] == 126 {
			need = longHeader
		}
		if m.got == need {
			break
		}
		if len(b) == 0 {
			return b
		}
		m.head[m.got] = b[0]
		m.got++
		b = b[1:]
	}
	m.got = 0
	m.left = int(m.head[1])
	if need == longHeader {
		m.left = int(binary.BigEndian.Uint16(m.head[shortHeader:]))
		m.size = longHeader + m.left
	}
	return b
}
