package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/jackfield/jackfield/core/internal/apps"
	"github.com/jackfield/jackfield/sdk/contract"
)

// Transition is something that came or went in a cluster, as one of its nodes
// found it in the log of all of them.
type Transition struct {
	// ID is the transition's, whoever reports it: jobs of the same webhook made
	// from it have one id, and so have their deliveries.
	ID    string
	AppID string
	Kind  Type
	// Channel is "" for events of users; UserID that of the member or user.
	Channel, UserID string
	// Count is that of subscription_count.
	Count int
	// Time is when it happened; the zero time is now.
	Time time.Time
}

// Report hands transitions to the queue, in order, and returns when it has them
// all: nil, or an error when ctx has ended. Nothing is collected in batches, and
// delays are the business of the caller. Reporting one again makes the same jobs.
func (s *Service) Report(ctx context.Context, all []Transition) error {
	var jobs []contract.Job
	for i := range all {
		some, err := s.jobsOf(ctx, &all[i])
		if err != nil {
			return err
		}
		jobs = append(jobs, some...)
	}
	for len(jobs) > 0 {
		n := distinct(jobs)
		if err := s.enqueue(ctx, jobs[:n:n]); err != nil {
			return err
		}
		jobs = jobs[n:]
	}
	return nil
}

// jobsOf makes the jobs of all webhooks that want a transition. An app that
// nobody knows wants nothing.
func (s *Service) jobsOf(ctx context.Context, t *Transition) ([]contract.Job, error) {
	h, err := s.opts.Apps.ByID(ctx, t.AppID)
	for err != nil {
		if errors.Is(err, apps.ErrUnknown) {
			return nil, nil
		}
		if err := pauseFor(ctx, restPause); err != nil {
			return nil, err
		}
		h, err = s.opts.Apps.ByID(ctx, t.AppID)
	}
	e := event{kind: t.Kind, channel: t.Channel, userID: t.UserID, count: t.Count}
	var jobs []contract.Job
	for _, hook := range s.sink.planOf(h.Load()).hooks {
		if hook.match(e.kind, e.channel) {
			id := t.ID + "-" + e.kind.String() + "-" + hook.id
			jobs = append(jobs, newJob(id, t.AppID, hook, e.subject(), s.timeOf(t), e.appendJSON(nil)))
		}
	}
	if len(jobs) > 0 {
		s.opts.Counters(t.AppID).WebhookEvents[t.Kind].Add(1)
	}
	return jobs, nil
}

func (s *Service) timeOf(t *Transition) int64 {
	if t.Time.IsZero() {
		return s.outbox.wall().UnixMilli()
	}
	return t.Time.UnixMilli()
}

// distinct is how many of the first jobs are of different groups, so that they
// may be handed over together and each again by itself.
func distinct(jobs []contract.Job) int {
	groups := map[string]bool{}
	for i := range jobs[:min(len(jobs), roundJobs)] {
		if groups[jobs[i].GroupKey] {
			return i
		}
		groups[jobs[i].GroupKey] = true
	}
	return len(groups)
}

// enqueue hands jobs over until the queue has all of them.
func (s *Service) enqueue(ctx context.Context, jobs []contract.Job) error {
	for {
		errs := s.opts.Queue.Enqueue(ctx, jobs)
		var left []contract.Job
		for i, err := range errs {
			switch {
			case err == nil:
			case isRefusal(err):
				s.drops.add(dropRefused)
			default:
				left = append(left, jobs[i])
			}
		}
		if len(left) == 0 {
			return nil
		}
		if err := pauseFor(ctx, restPause); err != nil {
			return err
		}
		jobs = left
	}
}

// pauseFor waits for d; an error means that ctx has ended.
func pauseFor(ctx context.Context, d time.Duration) error {
	sleep(ctx, d)
	return ctx.Err()
}
