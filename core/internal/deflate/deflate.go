package deflate

import (
	"bytes"
	"compress/flate"
	"sync"

	"github.com/jackfield/jackfield/core/internal/frame"
)

// Threshold is the size in bytes from which messages are compressed.
const Threshold = 1024

// packer is a compressor and its output.
type packer struct {
	w   *flate.Writer
	out bytes.Buffer
}

var packers = sync.Pool{New: func() any {
	p := &packer{}
	p.w, _ = flate.NewWriter(&p.out, flate.BestSpeed) // the level is valid
	return p
}}

// tail ends what a flush writes; the receiver puts it there again.
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// Frame returns the compressed form of plain, which is one whole text frame, or
// plain itself if that is small or does not become smaller.
func Frame(plain []byte) []byte {
	payload := frame.Payload(plain)
	if len(payload) < Threshold {
		return plain
	}
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.out.Reset()
	p.w.Reset(&p.out)
	_, _ = p.w.Write(payload) // a buffer takes everything
	_ = p.w.Flush()
	packed := bytes.TrimSuffix(p.out.Bytes(), tail)
	if len(packed) >= len(payload) {
		return plain
	}
	return frame.AppendDeflated(make([]byte, 0, frame.HeaderLen(len(packed))+len(packed)), packed)
}
