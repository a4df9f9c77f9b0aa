package wire

import (
	"fmt"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// opOverhead is what an operation takes on the wire beside its texts and bytes.
const opOverhead = 32

// keptBytes is the largest buffer that a pooled call keeps.
const keptBytes = 4 << 10

// callPool hands out calls of one kind, T being the call with room for its
// operation.
type callPool[T any] struct{ pool sync.Pool }

func (p *callPool[T]) get(fresh func(recycle func(*T)) *T) *T {
	if k, ok := p.pool.Get().(*T); ok {
		return k
	}
	return fresh(func(k *T) { p.pool.Put(k) })
}

// checkText refuses what protobuf would refuse for the whole message.
func checkText(what string, texts ...string) error {
	for _, t := range texts {
		if !utf8.ValidString(t) {
			return fmt.Errorf("%w: %s is not UTF-8: %q", contract.ErrInvalid, what, t)
		}
	}
	return nil
}

// keep copies data into a buffer of the call: the caller may change its own
// once it stopped waiting, even while the message is being written.
func keep(buf, data []byte) []byte {
	if cap(buf) > keptBytes {
		buf = nil
	}
	return append(buf[:0], data...)
}

// cloneOrNil copies data; nil stays nil, and what is empty stays not nil.
func cloneOrNil(data []byte) []byte {
	if data == nil {
		return nil
	}
	return append([]byte{}, data...)
}

// toLimit makes a limit of a page out of an int.
func toLimit(n int) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }
