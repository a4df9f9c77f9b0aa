package webhook

import (
	"errors"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

// dropReason is why an event never reached the queue.
type dropReason int

const (
	dropFull     dropReason = iota // the queue takes nothing and the room before it is used up
	dropRefused                    // the queue will never take it
	dropTooLarge                   // larger than a job may be
	dropStopped                    // the server stopped before the queue took it
	dropReasons
)

var dropReasonNames = [dropReasons]string{"buffer_full", "refused", "too_large", "stopped"}

// drops counts what was dropped; the first of a kind is logged.
type drops struct {
	log    hclog.Logger
	counts [dropReasons]atomic.Uint64
}

func (d *drops) add(r dropReason) { d.addN(r, 1) }

func (d *drops) addN(r dropReason, n int) {
	if n == 0 {
		return
	}
	if before := d.counts[r].Add(uint64(n)) - uint64(n); before == 0 {
		d.log.Error("webhook events are dropped; see webhook_dropped_total for how many", "reason", dropReasonNames[r])
	}
}

// isRefusal reports whether the queue will never take the job.
func isRefusal(err error) bool {
	return errors.Is(err, contract.ErrInvalid) || errors.Is(err, contract.ErrUnsupported)
}
