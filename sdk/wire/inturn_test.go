package wire

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// orderQueue notes the order in which jobs come.
type orderQueue struct {
	contract.Queue
	mu  sync.Mutex
	ids []string
}

func (q *orderQueue) Enqueue(_ context.Context, jobs []contract.Job) []error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		q.ids = append(q.ids, j.ID)
	}
	return make([]error, len(jobs))
}

// What is asked for together is done in order, in every mode and over as many
// messages as it takes.
func TestJobsEnqueuedTogetherKeepTheirOrder(t *testing.T) {
	for _, mode := range modes {
		t.Run(modeNames[mode], func(t *testing.T) {
			driver := &orderQueue{}
			cc, caps := connect(t, offer(contract.KindQueue, driver))
			q := NewQueue(cc, ClientOptions{Capabilities: caps, Mode: mode})
			defer func() { _ = q.Close() }()
			var jobs []contract.Job
			var want []string
			for i := range 500 {
				j := contract.Job{Queue: "q", ID: fmt.Sprint(i), GroupKey: "g", Body: make([]byte, i*10)}
				jobs, want = append(jobs, j), append(want, j.ID)
			}
			for i, err := range q.Enqueue(within(t), jobs) {
				if err != nil {
					t.Errorf("job %d: %v", i, err)
				}
			}
			if diff := cmp.Diff(want, driver.ids); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestManyOperationsEndWithTheirClient(t *testing.T) {
	cc, caps := connect(t, offer(contract.KindQueue, &orderQueue{}))
	q := NewQueue(cc, ClientOptions{Capabilities: caps, Mode: Batch})
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range q.Enqueue(within(t), make([]contract.Job, 2)) {
		if err != contract.ErrClosed {
			t.Errorf("enqueue after Close: %v", err)
		}
	}
}
