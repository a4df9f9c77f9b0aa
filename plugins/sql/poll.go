package main

import (
	"context"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// pollEvery is the pause between two looks at the table. A look that takes
	// long is followed by a longer pause, so that looking costs little of a large table.
	pollEvery       = 500 * time.Millisecond
	pollShare       = 20 // the pause is at least so many times the look
	thoroughTimeout = 30 * time.Second
	// thoroughEvery is every how many looks all rows are compared, for changes by
	// transactions that took long.
	thoroughEvery = 120
	// mostBetween is the time between two looks after which the second must not
	// rest on what was changed lately.
	mostBetween = (latelySeconds - 5) * time.Second
)

// poll looks at the table again and again. It calls ready when it has seen all
// rows, and returns when it cannot look.
func (m *appManager) poll(ctx context.Context, ready func()) error {
	p := poller{db: m.db, say: m.say, tell: m.tell, coarse: m.db.step(m.table) >= int(time.Second/time.Microsecond)}
	if err := p.thorough(ctx); err != nil {
		return err
	}
	ready()
	last := time.Now()
	for n := 1; ; n++ {
		began := time.Now()
		look := p.look
		if n%thoroughEvery == 0 || began.Sub(last) > mostBetween {
			look = p.thorough
		}
		if err := look(ctx); err != nil {
			return err
		}
		last = began
		select {
		case <-time.After(max(pollEvery, min(pollShare*time.Since(began), mostBetween/2))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// poller knows the revision of every row as it was last seen.
type poller struct {
	db   database
	say  statements
	tell func(contract.AppChange)
	seen map[string]uint64
	// coarse is a table whose times are whole seconds: two changes within one
	// second leave the same row behind, as far as can be seen.
	coarse bool
}

// look compares the number of rows and those that were changed lately.
func (p *poller) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	counted, err := p.db.query(ctx, p.say.count)
	if err != nil {
		return err
	}
	rows, err := p.db.query(ctx, p.say.lately)
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.compare(r)
	}
	if n, err := strconv.Atoi(counted[0]["n"]); err == nil && n == len(p.seen) {
		return nil
	}
	return p.thorough(ctx)
}

// thorough compares all rows.
func (p *poller) thorough(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, thoroughTimeout)
	defer cancel()
	rows, err := p.db.query(ctx, p.say.all)
	if err != nil {
		return err
	}
	if p.seen == nil {
		p.seen = make(map[string]uint64, len(rows))
		for _, r := range rows {
			p.seen[r[columnID]] = r.revision()
		}
		return nil
	}
	there := make(map[string]bool, len(rows))
	for _, r := range rows {
		there[r[columnID]] = true
		p.compare(r)
	}
	for id := range p.seen {
		if !there[id] {
			delete(p.seen, id)
			p.tell(contract.AppChange{ID: id, Deleted: true})
		}
	}
	return nil
}

// compare tells of a row that is not as it was seen.
func (p *poller) compare(r row) {
	id, revision := r[columnID], r.revision()
	before, known := p.seen[id]
	p.seen[id] = revision
	switch {
	case !known || before != revision:
		p.tell(contract.AppChange{ID: id, Revision: revision})
	case p.coarse && (r[columnFresh] == "1" || r[columnFresh] == "t"):
		p.tell(contract.AppChange{ID: id})
	}
}
