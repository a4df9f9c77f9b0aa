package main

import (
	"sync"
	"time"
)

// sweeper calls a function at intervals, in a goroutine of its own.
type sweeper struct {
	quit func()
	done sync.WaitGroup
}

// startSweeper begins to call work every interval; 0 means never.
func startSweeper(interval time.Duration, work func()) *sweeper {
	s := &sweeper{quit: func() {}}
	if interval == 0 {
		return s
	}
	quit := make(chan struct{})
	s.quit = sync.OnceFunc(func() { close(quit) })
	s.done.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				work()
			case <-quit:
				return
			}
		}
	})
	return s
}

// stop ends the calls and waits for one under way. It may be called again.
func (s *sweeper) stop() {
	s.quit()
	s.done.Wait()
}
