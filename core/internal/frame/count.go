package frame

import "encoding/binary"

// Count returns how many frames b holds. b begins at a frame; a last frame that
// is cut short counts.
func Count(b []byte) (n int32) {
	for len(b) >= 2 {
		size := Size(b)
		n++
		if size >= len(b) {
			break
		}
		b = b[size:]
	}
	return n
}

// Size returns the length of the unmasked frame that b begins with, header
// included, even if b holds only a part of it; b has at least two bytes.
func Size(b []byte) int {
	switch n := int(b[1] & 0x7f); {
	case n == 126 && len(b) >= 4:
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= MaxHeader:
		return MaxHeader + int(binary.BigEndian.Uint64(b[2:]))
	case n > 125:
		return len(b)
	default:
		return 2 + n
	}
}
