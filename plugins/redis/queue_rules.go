package main

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The largest parts of a job.
const (
	maxBody  = 256 << 10
	maxGroup = 256
	maxName  = 256 // of ids and queues
)

// minLease is the shortest lease.
const minLease = time.Second

func checkJob(j contract.Job) error {
	switch {
	case !isQueueName(j.Queue):
		return badQueueName(j.Queue)
	case !isText(j.ID, maxName):
		return fmt.Errorf("%w: a job id is 1 to %d bytes of UTF-8, this one has %d", contract.ErrInvalid, maxName, len(j.ID))
	case !isText(j.GroupKey, maxGroup):
		return fmt.Errorf("%w: a group key is 1 to %d bytes of UTF-8, that of job %q has %d", contract.ErrInvalid, maxGroup, j.ID, len(j.GroupKey))
	case len(j.Body) > maxBody:
		return fmt.Errorf("%w: a body has at most %d bytes, that of job %q has %d", contract.ErrInvalid, maxBody, j.ID, len(j.Body))
	case j.Delay < 0:
		return fmt.Errorf("%w: the delay of job %q is negative", contract.ErrInvalid, j.ID)
	}
	return nil
}

func isText(s string, most int) bool { return s != "" && len(s) <= most && utf8.ValidString(s) }

func badQueueName(name string) error {
	return fmt.Errorf("%w: a queue's name is 1 to %d letters, digits, \"-\" and \"_\", this one is %q", contract.ErrInvalid, maxName, name)
}

func isQueueName(name string) bool {
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}

// backOff is how long a job waits whose consumer names no time.
type backOff struct {
	base, most time.Duration
	jitter     float64        // 0 to 1: the share by which a delay varies
	random     func() float64 // from 0 to below 1
}

// delay doubles with every attempt, varies by the jitter, and never exceeds most.
func (b backOff) delay(attempt uint32) time.Duration {
	const enough = 62 // doublings; any base is far beyond most by then
	d := float64(b.base) * math.Exp2(float64(min(attempt-1, enough)))
	d *= 1 - b.jitter + 2*b.jitter*b.random()
	return time.Duration(min(d, float64(b.most)))
}
