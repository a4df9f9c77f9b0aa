package plugin

import "bytes"

// lineWriter cuts what is written to it into lines. Lines longer than
// maxLogLine are cut; Write never fails and never blocks.
type lineWriter struct {
	raw  func(p []byte)    // sees all bytes as they come; may be nil
	line func(line []byte) // sees each non-empty line without its end

	buf  []byte
	long bool // the rest of the present line is dropped
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	if w.raw != nil {
		w.raw(p)
	}
	rest := p
	for {
		head, tail, found := bytes.Cut(rest, []byte{'\n'})
		w.add(head)
		if !found {
			return len(p), nil
		}
		w.flush()
		rest = tail
	}
}

func (w *lineWriter) add(p []byte) {
	if w.long {
		return
	}
	if room := maxLogLine - len(w.buf); len(p) > room {
		w.buf = append(append(w.buf, p[:room]...), " [line cut]"...)
		w.long = true
		return
	}
	w.buf = append(w.buf, p...)
}

// flush ends the present line.
func (w *lineWriter) flush() {
	if line := bytes.TrimRight(w.buf, "\r"); len(line) > 0 {
		w.line(line)
	}
	w.buf, w.long = w.buf[:0], false
}
