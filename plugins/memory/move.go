package main

import (
	"encoding/json"
	"fmt"

	"github.com/jackfield/jackfield/sdk/contract"
)

// A driver hands its state over in chunks of JSON, each complete in itself, so
// that a successor of another version reads what it knows and ignores the rest.

// errFrozen answers what would change a driver's state while it is exported.
var errFrozen = fmt.Errorf("%w: the state is being handed over to a successor", contract.ErrUnavailable)

// maxChunk is the size at which a chunk is closed.
const maxChunk = 512 << 10

// packer gathers items into chunks of type C and yields them as JSON.
type packer[C any] struct {
	yield func([]byte) error
	chunk C
	size  int
}

// grow tells that an item of about size bytes was added to the chunk.
func (p *packer[C]) grow(size int) error {
	if p.size += size; p.size < maxChunk {
		return nil
	}
	return p.flush()
}

// flush yields what was gathered, if anything was.
func (p *packer[C]) flush() error {
	if p.size == 0 {
		return nil
	}
	doc, err := json.Marshal(p.chunk)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	var empty C
	p.chunk, p.size = empty, 0
	return p.yield(doc)
}

// unpack reads a chunk.
func unpack[C any](doc []byte) (C, error) {
	var chunk C
	if err := json.Unmarshal(doc, &chunk); err != nil {
		return chunk, fmt.Errorf("%w: state of a predecessor: %w", contract.ErrInvalid, err)
	}
	return chunk, nil
}

// errExporting answers a second Export at the same time.
var errExporting = fmt.Errorf("%w: an export is under way", contract.ErrConflict)
