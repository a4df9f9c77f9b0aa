package jobrules

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackfield/jackfield/sdk/contract"
)

// The largest parts of a job, in bytes.
const (
	MaxBody  = 256 << 10
	MaxGroup = 256 // of a group key
	MaxName  = 256 // of a job's id and of a queue's name
)

// MinLease is the shortest lease.
const MinLease = time.Second

// Check returns contract.ErrInvalid with the reason if a job cannot be stored:
// its queue, id, group key, body or delay is not what the contract says. It
// never quotes the body.
func Check(j contract.Job) error {
	if err := CheckQueue(j.Queue); err != nil {
		return err
	}
	switch {
	case !isText(j.ID, MaxName):
		return fmt.Errorf("%w: a job id is 1 to %d bytes of UTF-8, this one has %d", contract.ErrInvalid, MaxName, len(j.ID))
	case !isText(j.GroupKey, MaxGroup):
		return fmt.Errorf("%w: a group key is 1 to %d bytes of UTF-8, that of job %q has %d", contract.ErrInvalid, MaxGroup, j.ID, len(j.GroupKey))
	case len(j.Body) > MaxBody:
		return fmt.Errorf("%w: a body has at most %d bytes, that of job %q has %d", contract.ErrInvalid, MaxBody, j.ID, len(j.Body))
	case j.Delay < 0:
		return fmt.Errorf("%w: the delay of job %q is negative", contract.ErrInvalid, j.ID)
	}
	return nil
}

func isText(s string, most int) bool { return s != "" && len(s) <= most && utf8.ValidString(s) }

// CheckQueue returns contract.ErrInvalid if no queue can have this name.
func CheckQueue(name string) error {
	if name != "" && len(name) <= MaxName && !strings.ContainsFunc(name, strange) {
		return nil
	}
	return fmt.Errorf("%w: a queue's name is 1 to %d letters, digits, \"-\" and \"_\", this one is %q", contract.ErrInvalid, MaxName, name)
}

// strange is whether a letter has no place in the name of a queue.
func strange(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

// CheckLease returns contract.ErrInvalid if a lease is too short.
func CheckLease(lease time.Duration) error {
	if lease < MinLease {
		return fmt.Errorf("%w: a lease is at least %v, not %v", contract.ErrInvalid, MinLease, lease)
	}
	return nil
}
