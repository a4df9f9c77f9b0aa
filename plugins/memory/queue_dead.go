package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// deadJob is a dead letter.
type deadJob struct {
	*job
	number uint64 // grows in the order of death
	reason string
	died   time.Time
}

func (d *deadJob) size() int64 { return d.job.size() + int64(len(d.reason)) }

// maxReason is how much of a reason is kept.
const maxReason = 1 << 10

// bury makes a dead letter of the first job of g, which has no place, and lets
// the group go on.
func (s *store) bury(l *line, g *group, reason string, now time.Time) {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	s.seq++
	d := &deadJob{job: g.jobs.first(), number: s.seq, reason: reason, died: now}
	l.drop(g)
	s.jobs--
	s.buried++
	s.bytes += int64(len(reason))
	l.dead.push(d)
	for l.dead.len() > s.rules.dead {
		s.forgetOldest(l)
	}
	l.schedule(g, now)
}

func (s *store) forgetOldest(l *line) {
	s.bytes -= l.dead.pop().size()
	s.forgotten++
}

// deadPage returns the dead letters behind the one with number from, and the
// token of the next page.
func (l *line) deadPage(from uint64, limit int) (page []contract.DeadLetter, next string) {
	var last uint64
	for _, d := range l.dead.all() {
		switch {
		case d.number <= from:
		case len(page) == limit:
			return page, strconv.FormatUint(last, 36)
		default:
			page, last = append(page, letter(d)), d.number
		}
	}
	return page, ""
}

func letter(d *deadJob) contract.DeadLetter {
	job := d.Job
	job.Body = bytes.Clone(job.Body)
	return contract.DeadLetter{Job: job, Attempts: d.attempts, Reason: d.reason, DiedAt: d.died}
}

// replay puts dead letters back as new jobs, the oldest first, as far as there
// is room for them. Their ids do not count as seen before.
func (s *store) replay(l *line, ids []string, now time.Time) (int64, error) {
	wanted := choose(ids)
	var full error
	var replayed []*job
	l.dead.remove(func(d *deadJob) bool {
		if full != nil || !wanted(d.ID) {
			return false
		}
		if s.jobs+len(replayed) >= s.rules.jobs {
			full = overloaded("%d jobs are in the queue, the most that memory_capacity allows", s.rules.jobs)
			return false
		}
		s.bytes -= d.size()
		replayed = append(replayed, &job{Job: d.Job, enqueued: now, due: now})
		return true
	})
	for _, j := range replayed {
		s.add(l, j, now)
	}
	if len(replayed) > 0 {
		full = nil
	}
	return int64(len(replayed)), full
}

// purge deletes dead letters.
func (s *store) purge(l *line, ids []string) int64 {
	wanted := choose(ids)
	return int64(l.dead.remove(func(d *deadJob) bool {
		if !wanted(d.ID) {
			return false
		}
		s.bytes -= d.size()
		return true
	}))
}

// choose tells which ids are meant; none means all.
func choose(ids []string) func(id string) bool {
	if len(ids) == 0 {
		return func(string) bool { return true }
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return func(id string) bool { return set[id] }
}

func parseDeadToken(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	number, err := strconv.ParseUint(token, 36, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no page token of this queue", contract.ErrInvalid, token)
	}
	return number, nil
}
