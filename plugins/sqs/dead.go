package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// reasonAttribute says of a message that is no job why it is a dead letter.
const reasonAttribute = "Reason"

// bury makes a job a dead letter and removes its message. If the removal fails
// the job comes again and is buried again.
func (l *line) bury(ctx context.Context, job contract.Job, m *message, attempts uint32, reason string) error {
	e, err := sealJob(job, time.Now())
	if err != nil {
		return err
	}
	if m.env.BornMS != 0 {
		e.BornMS = m.env.BornMS
	}
	e.Death = &death{Reason: cleanReason(reason), Attempts: attempts, AtNS: time.Now().UnixNano()}
	text, err := e.encode()
	if err != nil {
		return err
	}
	if err := l.moveAway(ctx, m, text, nil); err != nil {
		return err
	}
	l.q.counts.dead.Add(1)
	return nil
}

// park moves a message that is no job to the dead letters, as it is.
func (l *line) park(ctx context.Context, m *message, why error) {
	reason := cleanReason(why.Error())
	l.q.log.Warn("a message in the SQS queue is no job; it is moved to the dead letters", "queue", l.name, "message", m.id, "err", reason)
	err := l.moveAway(ctx, m, m.body, map[string]types.MessageAttributeValue{
		reasonAttribute: {DataType: aws.String("String"), StringValue: aws.String(reason)},
	})
	if err != nil {
		l.q.log.Warn("the message could not be moved and comes again", "queue", l.name, "message", m.id, "err", err)
		return
	}
	l.q.counts.parked.Add(1)
}

// moveAway writes text to the dead letters and removes the message. Each dead
// letter has a group of its own, so that all can be looked at.
func (l *line) moveAway(ctx context.Context, m *message, text string, attributes map[string]types.MessageAttributeValue) error {
	p := &parcel{group: m.id, text: text, token: token("dead", m.id)}
	if err := l.sendOne(ctx, l.place().dead, p, attributes); err != nil {
		return err
	}
	err := l.remover.remove(ctx, m.handle)
	if err == nil || errors.Is(err, contract.ErrNotFound) {
		l.forget(m)
		return nil
	}
	return err
}

// sendOne sends a parcel alone.
func (l *line) sendOne(ctx context.Context, url string, p *parcel, attributes map[string]types.MessageAttributeValue) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(url), Entries: []types.SendMessageBatchRequestEntry{l.entry(0, p)}}
	in.Entries[0].MessageAttributes = attributes
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := l.q.api.SendMessageBatch(ctx, in)
	return l.q.saw(sendOutcomes(1, out, err))[0]
}

// letter returns the dead letter that a message of the dead-letter queue is.
func (m *message) letter(queue string) contract.DeadLetter {
	e, err := openEnvelope(m.body)
	if err != nil {
		reason := m.parked
		if reason == "" {
			reason = err.Error()
		}
		return contract.DeadLetter{
			Job:      contract.Job{Queue: queue, ID: m.id, GroupKey: "none", Body: []byte(m.body)},
			Attempts: 0, Reason: reason, DiedAt: m.born,
		}
	}
	letter := contract.DeadLetter{Job: e.job(queue), Reason: "SQS moved it: it was received too often", DiedAt: m.born}
	if e.Death != nil {
		letter.Attempts, letter.Reason, letter.DiedAt = e.Death.Attempts, e.Death.Reason, time.Unix(0, e.Death.AtNS)
	}
	return letter
}

// position orders dead letters: by time, then by id.
type position struct {
	at int64 // UnixNano
	id string
}

func positionOf(d contract.DeadLetter) position { return position{d.DiedAt.UnixNano(), d.Job.ID} }

func (p position) compare(other position) int {
	return cmp.Or(cmp.Compare(p.at, other.at), cmp.Compare(p.id, other.id))
}

func (p position) String() string { return strconv.FormatInt(p.at, 10) + "." + p.id }

// parsePosition reads a page token; "" is before everything.
func parsePosition(token string) (position, error) {
	if token == "" {
		return position{at: -1 << 63}, nil
	}
	number, id, ok := strings.Cut(token, ".")
	at, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return position{}, fmt.Errorf("%w: the page token %q is not one of this driver", contract.ErrInvalid, token)
	}
	return position{at, id}, nil
}

// page keeps the first limit dead letters behind a position.
type page struct {
	after   position
	limit   int
	letters []contract.DeadLetter // sorted
	more    bool
}

func (p *page) add(d contract.DeadLetter) {
	at := positionOf(d)
	if at.compare(p.after) <= 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(p.letters, at, func(d contract.DeadLetter, at position) int { return positionOf(d).compare(at) })
	p.letters = slices.Insert(p.letters, i, d)
	if len(p.letters) > p.limit {
		p.letters, p.more = p.letters[:p.limit], true
	}
}

func (p *page) next() string {
	if !p.more {
		return ""
	}
	return positionOf(p.letters[len(p.letters)-1]).String()
}

// ListDead returns a page of dead letters, oldest first, by receiving all of
// them and giving them back. While it looks, others see none.
func (q *queue) ListDead(ctx context.Context, name, token string, limit int) ([]contract.DeadLetter, string, error) {
	after, err := parsePosition(token)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: a page has at least 1 dead letter, not %d", contract.ErrInvalid, limit)
	}
	l, err := q.line(ctx, name)
	if err != nil {
		return nil, "", err
	}
	p := &page{after: after, limit: limit}
	_, err = l.look(ctx, func(m *message) bool { p.add(m.letter(name)); return false }, nil)
	return p.letters, p.next(), err
}

// ReplayDead puts dead letters back.
func (q *queue) ReplayDead(ctx context.Context, name string, ids []string) (int64, error) {
	l, err := q.line(ctx, name)
	if err != nil {
		return 0, err
	}
	n, err := l.look(ctx, chosen(name, ids), l.replay)
	return n, err
}

// PurgeDead deletes dead letters.
func (q *queue) PurgeDead(ctx context.Context, name string, ids []string) (int64, error) {
	l, err := q.line(ctx, name)
	if err != nil {
		return 0, err
	}
	return l.look(ctx, chosen(name, ids), func(context.Context, []*message) ([]error, error) { return nil, nil })
}

// chosen returns a test for dead letters with one of these ids; all if there are none.
func chosen(queue string, ids []string) func(*message) bool {
	return func(m *message) bool { return len(ids) == 0 || slices.Contains(ids, m.letter(queue).Job.ID) }
}
