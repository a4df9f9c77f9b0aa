package plugin

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestRingKeepsTheLastBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 32).Draw(t, "size")
		r := newRing(size)
		var all []byte
		for _, p := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 50)).Draw(t, "writes") {
			r.write(p)
			all = append(all, p...)
		}
		want := all[max(0, len(all)-size):]
		if got := r.bytes(); !bytes.Equal(got, want) {
			t.Fatalf("kept %v, want %v", got, want)
		}
	})
}
