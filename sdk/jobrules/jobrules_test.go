package jobrules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestJobsAreWithinTheContract(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*contract.Job)
		want   string // "" means that the job is fine
	}{
		"small": {func(j *contract.Job) { j.Body = nil }, ""},
		"large": {func(j *contract.Job) {
			j.Queue, j.ID = strings.Repeat("q", MaxName), strings.Repeat("i", MaxName)
			j.GroupKey, j.Body = strings.Repeat("g", MaxGroup), make([]byte, MaxBody)
		}, ""},
		"no queue":            {func(j *contract.Job) { j.Queue = "" }, "a queue's name"},
		"strange queue":       {func(j *contract.Job) { j.Queue = "a.b" }, `is "a.b"`},
		"long queue":          {func(j *contract.Job) { j.Queue = strings.Repeat("q", MaxName+1) }, "a queue's name"},
		"no id":               {func(j *contract.Job) { j.ID = "" }, "a job id"},
		"long id":             {func(j *contract.Job) { j.ID = strings.Repeat("i", MaxName+1) }, "this one has 257"},
		"id that is no text":  {func(j *contract.Job) { j.ID = "\xff" }, "a job id"},
		"no group":            {func(j *contract.Job) { j.GroupKey = "" }, "a group key"},
		"long group":          {func(j *contract.Job) { j.GroupKey = strings.Repeat("g", MaxGroup+1) }, `job "1" has 257`},
		"large body":          {func(j *contract.Job) { j.Body = make([]byte, MaxBody+1) }, "a body"},
		"delay into the past": {func(j *contract.Job) { j.Delay = -1 }, "is negative"},
	} {
		j := contract.Job{Queue: "Q-1_a", ID: "1", GroupKey: "g", Body: []byte("x")}
		test.change(&j)
		err := Check(j)
		if wrong := test.want != ""; (err != nil) != wrong || wrong && (!errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", what, err, test.want)
		}
	}
}

func TestALeaseIsASecondAtLeast(t *testing.T) {
	if err := CheckLease(MinLease); err != nil {
		t.Error(err)
	}
	if err := CheckLease(MinLease - 1); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("a shorter one: %v", err)
	}
}

func TestBackOffDoublesWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := BackOff{
			Base:   time.Duration(rapid.IntRange(0, 5000).Draw(t, "base")) * time.Millisecond,
			Most:   time.Duration(rapid.IntRange(0, 100_000).Draw(t, "most")) * time.Millisecond,
			Jitter: rapid.Float64Range(0, 1).Draw(t, "jitter"),
			Random: func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "random") },
		}
		if rapid.Bool().Draw(t, "by itself") {
			b.Random = nil
		}
		attempt := rapid.Uint32Range(1, 5000).Draw(t, "attempt")
		plain := float64(b.Base) * float64(uint64(1)<<min(attempt-1, 40))
		got := b.Delay(attempt)
		least, most := min(plain*(1-b.Jitter)*0.999, float64(b.Most)), min(plain*(1+b.Jitter)*1.001, float64(b.Most))
		if attempt > 40 {
			most = float64(b.Most)
		}
		if float64(got) < least-1 || float64(got) > most+1 {
			t.Fatalf("delay of attempt %d = %v, want from %v to %v", attempt, got, time.Duration(least), time.Duration(most))
		}
	})
}
