package faults

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// labour is something that is done again and again until it fails or is finished.
type labour struct {
	done  atomic.Int64 // times
	stop  chan struct{}
	once  sync.Once
	group sync.WaitGroup
}

// begin does something at a pace; do is told how often it was done before, and its first
// error goes to failed.
func begin(t *testing.T, pace time.Duration, failed chan<- error, do func(i int64) error) *labour {
	t.Helper()
	l := &labour{stop: make(chan struct{})}
	l.group.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
			if err := do(l.done.Load()); err != nil {
				failed <- err
				return
			}
			l.done.Add(1)
		}
	})
	t.Cleanup(l.end)
	return l
}

func (l *labour) end() {
	l.once.Do(func() { close(l.stop) })
	l.group.Wait()
}

// finish ends labours, each of which must have been done.
func finish(t *testing.T, all []*labour) {
	t.Helper()
	for i, l := range all {
		l.end()
		if l.done.Load() == 0 {
			t.Errorf("labour %d was never done", i)
		}
	}
}
