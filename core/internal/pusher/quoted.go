package pusher

// AppendQuoted appends s as a JSON string, byte for byte as JavaScript's
// JSON.stringify writes it; bytes that are not UTF-8 become U+FFFD.
func AppendQuoted[T Text](dst []byte, s T) []byte { return appendQuoted(dst, s) }
