package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	callRemove = "sqs:DeleteMessage"
	// mostRemovals is how many calls are under way; who comes meanwhile shares the next.
	mostRemovals = 4
)

// remover deletes messages of a line, ten per call if there is a crowd.
type remover struct {
	line *line

	mu      sync.Mutex
	waiting []*removal
	flying  int
}

type removal struct {
	handle string
	done   chan error // has room for the answer
}

// remove deletes a message for good. On ErrTimeout it may be deleted later.
func (r *remover) remove(ctx context.Context, handle string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %s: %w", contract.ErrTimeout, callRemove, ctx.Err())
	}
	one := &removal{handle, make(chan error, 1)}
	r.mu.Lock()
	r.waiting = append(r.waiting, one)
	begin := r.flying < mostRemovals
	if begin {
		r.flying++
	}
	r.mu.Unlock()
	if begin {
		r.line.q.wg.Go(r.run)
	}
	select {
	case err := <-one.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %s: %w", contract.ErrTimeout, callRemove, ctx.Err())
	}
}

// run makes calls until nobody waits.
func (r *remover) run() {
	for {
		r.mu.Lock()
		n := min(len(r.waiting), mostEntries)
		some := r.waiting[:n:n]
		r.waiting = r.waiting[n:]
		if n == 0 {
			r.flying--
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		handles := make([]string, n)
		for i, one := range some {
			handles[i] = one.handle
		}
		for i, err := range r.line.q.erase(context.Background(), r.line.place().url, handles) {
			some[i].done <- err
		}
	}
}

// erase deletes at most ten messages and returns one error per message. It is
// bounded by callTimeout.
func (q *queue) erase(ctx context.Context, url string, handles []string) []error {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(url)}
	for i, handle := range handles {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: entryID(i), ReceiptHandle: aws.String(handle)})
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := q.api.DeleteMessageBatch(ctx, in)
	if err != nil {
		return q.saw(sameError(failure(callRemove, err), len(handles)))
	}
	done := make([]*string, len(out.Successful))
	for i, s := range out.Successful {
		done[i] = s.Id
	}
	errs := outcomes(callRemove, len(handles), done, out.Failed)
	for i := range errs {
		errs[i] = notMine(errs[i])
	}
	return q.saw(errs)
}

// notMine makes every refusal of a handle an ErrNotFound: SQS has several codes
// for handles whose time is over.
func notMine(err error) error {
	if errors.Is(err, contract.ErrInvalid) {
		return fmt.Errorf("%w: %w", contract.ErrNotFound, err)
	}
	return err
}
