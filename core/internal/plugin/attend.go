package plugin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/wire"
)

// silenceLimit is how long a plugin may say nothing about its health.
const silenceLimit = 5 * wire.Heartbeat / 2

// ending is why a process must go.
type ending struct {
	reason  string
	said    string   // the last lines of a process that ended by itself
	gently  bool     // it still answers: drain it
	upgrade *upgrade // somebody asked for a successor
}

// watchdog is what attend listens to.
type watchdog struct {
	health chan wire.Health
	lost   chan error // the end of the health stream
	probed chan error // the answer to a probe
	wg     sync.WaitGroup
}

// attend watches over a process until it must go or ctx ends.
func (s *supervisor) attend(ctx context.Context, p *process) ending {
	ctx, cancel := context.WithCancel(ctx)
	w := &watchdog{health: make(chan wire.Health), lost: make(chan error, 1), probed: make(chan error, 1)}
	defer w.wg.Wait()
	defer cancel()
	w.wg.Go(func() { w.listen(ctx, p) })
	silence := s.clock.After(silenceLimit)
	pending := s.pendingTimer(p)
	probing := false
	for {
		select {
		case <-ctx.Done():
			return ending{}
		case u := <-s.upgrades:
			return ending{upgrade: u}
		case <-p.exited():
			return exited(p)
		case err := <-w.lost:
			return lost(p, err)
		case h := <-w.health:
			s.noteHealth(h)
			silence = s.clock.After(silenceLimit)
			continue
		case <-p.ailing:
			return ending{reason: fmt.Sprintf("%d internal errors within a minute", bugsToRecycle), gently: true}
		case <-pending:
			s.openPending(ctx, p)
			pending = s.pendingTimer(p)
			continue
		case err := <-w.probed:
			if err != nil {
				return ending{reason: fmt.Sprintf("it hangs: %v", err)}
			}
			probing = false
			silence = s.clock.After(silenceLimit)
			continue
		case <-silence:
		case <-p.doubts:
		}
		if !probing {
			probing = true
			w.wg.Go(func() { w.probed <- p.alive(ctx) })
		}
	}
}

// listen follows the health stream until it ends.
func (w *watchdog) listen(ctx context.Context, p *process) {
	w.lost <- p.life.Health(ctx, func(h wire.Health) error {
		select {
		case w.health <- h:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// pendingTimer runs while some driver is not open.
func (s *supervisor) pendingTimer(p *process) <-chan time.Time {
	if len(p.open) == len(s.unit.choices) {
		return nil
	}
	return s.clock.After(pendingPause)
}

// exited tells how a process ended.
func exited(p *process) ending {
	return ending{reason: p.child.fate(), said: p.child.logs.postMortem()}
}

// lost tells why a health stream ended: most often because the process did.
func lost(p *process, err error) ending {
	if p.child != nil && waitFor(p.child.exited, 500*time.Millisecond) {
		return exited(p)
	}
	return ending{reason: fmt.Sprintf("its health stream ended: %v", err)}
}
