package main

import (
	"context"
	"fmt"
	"slices"
)

// look receives all dead letters and takes those that match. act, if it is not
// nil, is done to what was taken, oldest first, and says for which it failed; the
// others are deleted. All that stays is given back. The result is how many were
// deleted; with an error there may be more that match.
func (l *line) look(ctx context.Context, match func(*message) bool, act func(context.Context, []*message) ([]error, error)) (int64, error) {
	l.scan.Lock()
	defer l.scan.Unlock()
	s := l.newSearch()
	defer func() { l.q.show(context.WithoutCancel(ctx), s.url, s.handles()) }()
	var taken []*message
	err := s.run(ctx, func(m *message) bool {
		if !match(m) || act == nil {
			return false
		}
		taken = append(taken, m)
		return true
	})
	if len(taken) == 0 {
		return 0, err
	}
	slices.SortStableFunc(taken, func(a, b *message) int {
		return positionOf(a.letter(l.name)).compare(positionOf(b.letter(l.name)))
	})
	removed := s.settle(ctx, taken, act)
	if err != nil && removed > 0 {
		err = fmt.Errorf("%w (%d are done)", err, removed)
	}
	return removed, err
}

// settle does act to dead letters, ten at a time, deletes those for which it
// succeeded, and returns how many.
func (s *search) settle(ctx context.Context, taken []*message, act func(context.Context, []*message) ([]error, error)) (removed int64) {
	for some := range slices.Chunk(taken, mostEntries) {
		errs, err := act(ctx, some)
		var gone []*message
		for i, m := range some {
			if err == nil && (len(errs) == 0 || errs[i] == nil) {
				gone = append(gone, m)
			}
		}
		if len(gone) == 0 {
			continue
		}
		for i, err := range s.line.q.erase(ctx, s.url, handlesOf(gone)) {
			if err == nil {
				removed++
				delete(s.seen, gone[i].id)
			}
		}
	}
	return removed
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
