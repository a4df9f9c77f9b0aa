//go:build linux

package target

import (
	"fmt"
	"os"
	"time"
)

// Floor is a process that holds connections and writes frames to them in a bare
// loop. A process beside the clients reads what it writes.
type Floor struct {
	conns          int
	writer, reader *Process
}

// Work is what a floor is told to write.
type Work struct {
	// Rate is how many bursts there are in a second; 0 means no pause between them.
	Rate float64
	// Burst is how many frames a connection gets at once, each with a write of
	// its own; Bursts how often.
	Burst, Bursts int
	// Size is that of a frame in bytes.
	Size int
}

// Done is what the writing took.
type Done struct {
	// CPU is the processor time of the loops alone, Wall the time with pauses.
	CPU, Wall time.Duration
	// Writes is how many frames were written.
	Writes int
}

// StartFloor starts a floor with as many connections.
func (b *Bench) StartFloor(conns int) (*Floor, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	f := &Floor{conns: conns}
	if f.writer, err = start(b.Server, self, "-floor", fmt.Sprint(conns)); err != nil {
		return nil, err
	}
	addr, err := f.writer.line()
	if err != nil {
		return nil, err
	}
	if f.reader, err = start(b.Client, self, "-drain", addr, fmt.Sprint(conns)); err != nil {
		f.Stop()
		return nil, err
	}
	if _, err = f.writer.line(); err != nil {
		f.Stop()
		return nil, err
	}
	return f, nil
}

// Stop ends both processes.
func (f *Floor) Stop() {
	f.writer.Stop()
	if f.reader != nil {
		f.reader.Stop()
	}
}

// Do has the work done.
func (f *Floor) Do(w Work) (Done, error) {
	if _, err := fmt.Fprintln(f.writer.in, w.Rate, w.Burst, w.Bursts, w.Size); err != nil {
		return Done{}, fmt.Errorf("tell floor: %w", err)
	}
	line, err := f.writer.line()
	if err != nil {
		return Done{}, err
	}
	d := Done{Writes: f.conns * w.Burst * w.Bursts}
	if _, err := fmt.Sscan(line, (*int64)(&d.CPU), (*int64)(&d.Wall)); err != nil {
		return Done{}, fmt.Errorf("floor answered %q", line)
	}
	return d, nil
}
