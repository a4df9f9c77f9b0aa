package frame

// Payload returns the payload of the one unmasked frame that b is.
func Payload(b []byte) []byte {
	switch b[1] & 0x7f {
	case 127:
		return b[MaxHeader:]
	case 126:
		return b[4:]
	default:
		return b[2:]
	}
}
