package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// lookHides is how long a dead letter is hidden by a look that ends with
	// the process.
	lookHides = 30 * time.Second
	// mostLooked and mostLookedBytes bound one look.
	mostLooked      = 10_000
	mostLookedBytes = 64 << 20
	// lookWait is for how many seconds dead letters are waited for that SQS says
	// are there.
	lookWait = 1
)

// look receives all dead letters, takes those that match, and gives back the
// others. act, if it is not nil, is done to what was taken, oldest first, and
// says for which it failed; those are given back, the others deleted. With act
// nil all are given back. The result is how many were deleted.
func (l *line) look(ctx context.Context, match func(*message) bool, act func(context.Context, []*message) ([]error, error)) (int64, error) {
	l.scan.Lock()
	defer l.scan.Unlock()
	url := l.place().dead
	var back []string
	defer func() { l.q.show(context.WithoutCancel(ctx), url, back) }()
	var taken []*message
	err := l.gather(ctx, url, func(m *message) bool {
		if !match(m) || act == nil {
			back = append(back, m.handle)
			return false
		}
		taken = append(taken, m)
		return true
	})
	if act == nil || err != nil && len(taken) == 0 {
		return 0, err
	}
	slices.SortStableFunc(taken, func(a, b *message) int {
		return positionOf(a.letter(l.name)).compare(positionOf(b.letter(l.name)))
	})
	removed, left := l.settleDead(ctx, url, taken, act)
	back = append(back, left...)
	if removed > 0 {
		err = nil
	}
	return removed, err
}

// gather receives dead letters until there are no more, or a bound is reached.
// keep says whether a letter's body stays in memory.
func (l *line) gather(ctx context.Context, url string, keep func(*message) bool) error {
	expected, err := l.deadCount(ctx, url)
	if err != nil {
		return err
	}
	for seen, bytes := 0, 0; seen < mostLooked && bytes < mostLookedBytes; {
		wait := int64(0)
		if seen < expected {
			wait = lookWait
		}
		some, err := l.lookOnce(ctx, url, wait)
		if err != nil {
			return err
		}
		if len(some) == 0 {
			return nil
		}
		seen += len(some)
		for _, m := range some {
			if keep(m) {
				bytes += len(m.body)
			}
		}
	}
	return nil
}

func (l *line) lookOnce(ctx context.Context, url string, wait int64) ([]*message, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: look at the dead letters: %w", contract.ErrTimeout, ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return l.q.receive(ctx, url, mostReceived, wait, lookHides)
}

// deadCount is about how many dead letters can be seen.
func (l *line) deadCount(ctx context.Context, url string) (int, error) {
	attributes, err := l.q.attributes(ctx, url, types.QueueAttributeNameApproximateNumberOfMessages)
	if err != nil {
		return 0, err
	}
	n, _ := strconv.Atoi(attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
	return n, nil
}

// settleDead does act to dead letters, ten at a time, and deletes those for
// which it succeeded. left are the handles of the others.
func (l *line) settleDead(ctx context.Context, url string, taken []*message, act func(context.Context, []*message) ([]error, error)) (removed int64, left []string) {
	for some := range slices.Chunk(taken, mostEntries) {
		errs, err := act(ctx, some)
		var gone []string
		for i, m := range some {
			if err != nil || len(errs) > 0 && errs[i] != nil {
				left = append(left, m.handle)
			} else {
				gone = append(gone, m.handle)
			}
		}
		if len(gone) == 0 {
			continue
		}
		for i, err := range l.q.erase(ctx, url, gone) {
			if err == nil {
				removed++
			} else {
				left = append(left, gone[i])
			}
		}
	}
	return removed, left
}

// replay sends dead letters to the queue again, as jobs that were never handed
// over. The token is that of the letter, for the job's own may still count.
func (l *line) replay(ctx context.Context, letters []*message) ([]error, error) {
	parcels := make([]*parcel, len(letters))
	for i, m := range letters {
		parcels[i] = &parcel{group: m.id, text: m.body, token: token("replay", m.id)}
		e, err := openEnvelope(m.body)
		if err != nil {
			continue // no job: it goes back as it was
		}
		e.Death, e.DelayMS = nil, 0
		parcels[i].group = e.Group
		if parcels[i].text, err = e.encode(); err != nil {
			return nil, err
		}
	}
	l.sendAll(ctx, l.place().url, slices.Clone(parcels))
	errs := make([]error, len(parcels))
	for i, p := range parcels {
		errs[i] = p.err
	}
	return errs, nil
}
