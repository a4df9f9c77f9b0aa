//go:build linux

package load

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyMessagesCountHoweverTheyArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		want := int64(0)
		for _, n := range rapid.SliceOf(rapid.SampledFrom([]int{0, 1, 103, 125, 126, 146, 9000})).Draw(t, "payloads") {
			frame := unmasked(appendText(nil, bytes.Repeat([]byte("x"), n)), n)
			if n > 125 {
				want += int64(len(frame))
			}
			stream = append(stream, frame...)
		}
		var m meter
		got := int64(0)
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "read")
			got += m.count(stream[:n])
			stream = stream[n:]
		}
		if got != want {
			t.Errorf("counted %d bytes, want %d", got, want)
		}
	})
}
