package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// lookHides is how long a dead letter is hidden by a look that ends with the
	// process, or by a receive call whose answer was lost.
	lookHides = 30 * time.Second
	// lookPatience is how long a look waits for dead letters of which SQS says that
	// they are there. What another look has hidden comes back within it.
	lookPatience = lookHides + margin
	// mostLooked and mostLookedBytes bound one look.
	mostLooked      = 10_000
	mostLookedBytes = 64 << 20
	// lookWait is for how many seconds one call waits for them.
	lookWait = 1
	// lookTries is how often a call without an answer is made.
	lookTries = 3
)

// search receives the dead letters of a line.
type search struct {
	line  *line
	url   string
	seen  map[string]*message // by SQS's id
	bytes int                 // of the bodies that are kept
}

func (l *line) newSearch() *search {
	return &search{line: l, url: l.place().dead, seen: map[string]*message{}}
}

// run receives until SQS says that there are no more than were seen, or a bound
// is reached. An empty answer does not say so: dead letters are hidden if the
// answer of an earlier call was lost, or another server looks at them. keep is
// asked once per letter whether its body stays in memory.
func (s *search) run(ctx context.Context, keep func(*message) bool) error {
	lastNew, wait := time.Now(), int64(0)
	for len(s.seen) < mostLooked && s.bytes < mostLookedBytes {
		some, err := s.receive(ctx, wait)
		if err != nil {
			return fmt.Errorf("look at the dead letters: %w", err)
		}
		if s.note(some, keep) > 0 {
			lastNew, wait = time.Now(), 0
			continue
		}
		more, err := s.unseen(ctx)
		if err != nil || more <= 0 {
			return err
		}
		if time.Since(lastNew) > lookPatience {
			return fmt.Errorf("%w: saw %d dead letters, and SQS says that there are %d more, which somebody else may look at; try again",
				contract.ErrUnavailable, len(s.seen), more)
		}
		wait = lookWait
	}
	return nil
}

// note adds received letters and returns how many are new. One that was visible
// again meanwhile has a new handle.
func (s *search) note(some []*message, keep func(*message) bool) (fresh int) {
	for _, m := range some {
		if known := s.seen[m.id]; known != nil {
			known.handle = m.handle
			continue
		}
		fresh++
		s.seen[m.id] = m
		if keep(m) {
			s.bytes += len(m.body)
		} else {
			m.body = ""
		}
	}
	return fresh
}

// receive makes a call, and makes it again if there is no answer: in a FIFO
// queue that brings what SQS gave to the first one.
func (s *search) receive(ctx context.Context, wait int64) ([]*message, error) {
	a := s.line.q.ask(s.url, mostReceived, wait, lookHides)
	for try := 1; ; try++ {
		some, err := s.line.q.try(ctx, a)
		if !isLost(err) || try == lookTries || !pause(ctx, firstPause) {
			return some, err
		}
	}
}

// unseen is how many dead letters more there are, visible or not, as SQS
// estimates it.
func (s *search) unseen(ctx context.Context) (int, error) {
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}
	attributes, err := s.line.q.attributes(ctx, s.url, names...)
	sum := 0
	for _, name := range names {
		n, _ := strconv.Atoi(attributes[string(name)])
		sum += n
	}
	return sum - len(s.seen), err
}

// handles are those of all that were seen.
func (s *search) handles() []string {
	var handles []string
	for _, m := range s.seen {
		handles = append(handles, m.handle)
	}
	return handles
}
