package wire

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
)

var errDraining error = &remoteError{
	err: contract.ErrOverloaded, text: fmt.Sprintf("%v: the plugin is draining", contract.ErrOverloaded), reason: ReasonDraining,
}

// workload counts what is under way in all drivers, and can be drained.
type workload struct {
	mu       sync.Mutex
	n        int
	draining bool
	empty    chan struct{} // closed when n is 0; nil if nobody waits
}

// begin counts n operations; it returns errDraining if they must be refused.
// end(n) is owed in any case.
func (w *workload) begin(n int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n += n
	if w.draining {
		return errDraining
	}
	return nil
}

func (w *workload) end(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n -= n
	if w.n == 0 && w.empty != nil {
		close(w.empty)
		w.empty = nil
	}
}

// refuse makes begin refuse from now on.
func (w *workload) refuse() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draining = true
}

func (w *workload) refusing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.draining
}

// wait returns when nothing is under way, or with ctx's error.
func (w *workload) wait(ctx context.Context) error {
	w.mu.Lock()
	if w.n == 0 {
		w.mu.Unlock()
		return nil
	}
	if w.empty == nil {
		w.empty = make(chan struct{})
	}
	empty := w.empty
	w.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// logPanic records what a driver panicked with, and where.
func logPanic(logger hclog.Logger, value any) {
	logger.Error("driver panicked", "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
}

// recoverInto turns a driver's panic into the error of the call.
func (s *Server) recoverInto(err *error) {
	if p := recover(); p != nil {
		logPanic(s.logger, p)
		*err = panicError(p)
	}
}
