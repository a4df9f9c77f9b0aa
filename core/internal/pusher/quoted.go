package pusher

// AppendQuoted appends s as a JSON string, byte for byte as JavaScript's
// JSON.stringify writes it; bytes that are not UTF-8 become U+FFFD.
func AppendQuoted[T Text](dst []byte, s T) []byte { return appendQuoted(dst, s) }

// DataText returns an event's data as those get it who take texts only: the text
// of an encoded JSON string, or raw as it stands.
func DataText(raw []byte) string {
	if isString(raw) {
		return string(textOf(raw))
	}
	return string(raw)
}
