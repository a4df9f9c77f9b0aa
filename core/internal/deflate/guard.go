package deflate

import (
	"encoding/binary"
	"errors"
)

// ErrReserved is returned for a frame with a reserved bit that means nothing.
var ErrReserved = errors.New("a reserved bit is set where it means nothing")

// Guard looks at the headers of the frames in what a client sends: RSV1 marks the
// first frame of a compressed message, nothing else may be set. The zero value is
// ready, at the beginning of a frame.
type Guard struct {
	head [10]byte
	have int
	skip uint64 // bytes up to the next header
}

// Check takes the next bytes and returns ErrReserved if they break the rules.
func (g *Guard) Check(b []byte) error {
	for len(b) > 0 {
		if g.skip > 0 {
			n := min(g.skip, uint64(len(b)))
			g.skip -= n
			b = b[n:]
			continue
		}
		g.head[g.have] = b[0]
		g.have++
		b = b[1:]
		if g.have == 1 && !allowed(g.head[0]) {
			return ErrReserved
		}
		g.measure()
	}
	return nil
}

// allowed reports whether the first byte of a frame is right.
func allowed(first byte) bool {
	const rsv1, others = 0x40, 0x30
	opcode := first & 0x0f
	return first&others == 0 && (first&rsv1 == 0 || opcode == 1 || opcode == 2)
}

// measure finds out, once the length is there, how much comes before the next
// header.
func (g *Guard) measure() {
	if g.have < 2 {
		return
	}
	size := uint64(g.head[1] & 0x7f)
	switch {
	case size == 126 && g.have < 4, size == 127 && g.have < 10:
		return
	case size == 126:
		size = uint64(binary.BigEndian.Uint16(g.head[2:]))
	case size == 127:
		size = binary.BigEndian.Uint64(g.head[2:]) & (1<<63 - 1)
	}
	if g.head[1]&0x80 != 0 {
		size += 4 // the mask
	}
	g.skip, g.have = size, 0
}
