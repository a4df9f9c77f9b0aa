package webhook

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// A queue that is away while a job is done is told when it is back: what waits
// behind the job is not held up until a lease ends, and nothing comes twice.
func TestTheQueueIsToldWhenItIsBack(t *testing.T) {
	for _, first := range []int{http.StatusOK, http.StatusInternalServerError} {
		for _, away := range []error{contract.ErrUnavailable, contract.ErrTimeout, contract.ErrGone} {
			t.Run(fmt.Sprint(first, " ", away), func(t *testing.T) { toldWhenBack(t, first, away) })
		}
	}
}

func toldWhenBack(t *testing.T, first int, away error) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.silent(fmt.Errorf("%w: a master was killed", away))
		w.always(first)
		for n := range 2 {
			w.sink.SubscriptionCount("a", "x", n)
		}
		w.after(10 * time.Second)
		if got := len(w.answered()); got != 1 {
			t.Fatalf("%d requests while the queue is away", got)
		}
		w.always(http.StatusOK)
		w.queue.silent(nil)
		w.after(3 * time.Second)
		want := 2
		if first != http.StatusOK {
			want++ // the first one again
		}
		if got := len(w.answered()); got != want {
			t.Errorf("%d requests after it was back, want %d", got, want)
		}
		inOrder(t, w, home)
	})
}

// Nobody who stops waits for a queue that is away longer than one try.
func TestStopDoesNotWaitForAQueueThatIsAway(t *testing.T) {
	inWorld(t, []*contract.App{app(to(home))}, nil, func(w *world) {
		w.queue.silent(contract.ErrUnavailable)
		w.sink.Occupied("a", "x")
		w.after(5 * time.Second)
		began := time.Now()
		w.stop(2 * time.Second)
		if took := time.Since(began); took > 2*time.Second+settleTimeout {
			t.Errorf("it took %v", took)
		}
	})
}
