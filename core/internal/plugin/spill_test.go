package plugin

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

func job(i int) contract.Job {
	return contract.Job{Queue: "q", ID: fmt.Sprintf("%06d", i), GroupKey: "g", Body: make([]byte, 100)}
}

func TestSpillRefusesOverItsBounds(t *testing.T) {
	first := job(0)
	size := jobSize(&first)
	for _, limits := range []SpillLimits{{Bytes: 3 * size, Jobs: 100}, {Bytes: 1 << 20, Jobs: 3}} {
		s := newSpill(limits, hclog.NewNullLogger())
		for i := range 3 {
			if err := s.add(job(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.add(job(3)); !errors.Is(err, contract.ErrOverloaded) {
			t.Errorf("over the limit %+v: %v", limits, err)
		}
	}
}

// groupJob is a job of one of many groups.
func groupJob(i, groups int) contract.Job {
	j := job(i)
	j.GroupKey = fmt.Sprint("g", i%groups)
	return j
}

func keep(t *testing.T, s *spill, jobs ...contract.Job) {
	t.Helper()
	for _, j := range jobs {
		if err := s.add(j); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpillDropsTheOldestThatIsNotUnderWay(t *testing.T) {
	s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 100, DropOldest: true}, hclog.NewNullLogger())
	for i := range 100 {
		keep(t, s, groupJob(i, 100))
	}
	sent := s.next()
	keep(t, s, job(100))
	s.settle(make([]error, len(sent)))
	left := s.next()
	if len(sent) != flushJobs || len(left) != 100-flushJobs || left[0].ID != job(flushJobs+1).ID {
		t.Errorf("%d sent, %d left, first %s", len(sent), len(left), left[0].ID)
	}
	if s.dropped != 1 {
		t.Errorf("%d dropped", s.dropped)
	}
}

func TestSpillDropsNothingInVain(t *testing.T) {
	first := job(0)
	s := newSpill(SpillLimits{Bytes: 2 * jobSize(&first), Jobs: 2, DropOldest: true}, hclog.NewNullLogger())
	keep(t, s, job(0), job(1))
	s.next()
	big := job(2)
	big.Body = make([]byte, 200)
	if err := s.add(big); !errors.Is(err, contract.ErrOverloaded) || s.jobs.Len() != 2 || s.dropped != 0 {
		t.Errorf("%v, %d jobs left, %d dropped", err, s.jobs.Len(), s.dropped)
	}
}

func TestWhoWaitsForAnEmptySpillHearsOfIt(t *testing.T) {
	s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 1, DropOldest: true}, hclog.NewNullLogger())
	keep(t, s, job(0))
	emptied := s.emptied
	keep(t, s, job(1)) // in the place of the first
	s.next()
	s.settle([]error{nil})
	select {
	case <-emptied:
	default:
		t.Error("who waited before the first job was dropped waits for ever")
	}
}

// A job that the driver refuses for now must not be overtaken by one of its
// group, nor hold up other groups.
func TestARefusedJobHoldsUpItsGroupOnly(t *testing.T) {
	s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 1000}, hclog.NewNullLogger())
	keep(t, s, groupJob(0, 2), groupJob(1, 2), groupJob(2, 2), groupJob(3, 2))
	var taken []string
	for range 3 {
		jobs := s.next()
		errs := make([]error, len(jobs))
		for i, j := range jobs {
			if j.ID == job(0).ID {
				errs[i] = contract.ErrOverloaded
				continue
			}
			taken = append(taken, j.ID)
		}
		s.settle(errs)
	}
	if diff := cmp.Diff([]string{job(1).ID, job(3).ID}, taken); diff != "" || s.jobs.Len() != 2 {
		t.Errorf("%d left (-want +got):\n%s", s.jobs.Len(), diff)
	}
}

// What was accepted is given up only when the driver can never take it.
func TestSpillGivesUpOnlyWhatIsHopeless(t *testing.T) {
	for err, tries := range map[error]int{
		contract.ErrInvalid: 1, contract.ErrUnsupported: 1, contract.ErrInternal: maxFaults,
		contract.ErrAuth: 0, contract.ErrConflict: 0, contract.ErrOverloaded: 0, contract.ErrGone: 0, contract.ErrTimeout: 0,
	} {
		s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 10}, hclog.NewNullLogger())
		keep(t, s, job(0))
		made := 0
		for made < 3*maxFaults && s.busy() {
			s.settle(repeatError(err, len(s.next())))
			made++
		}
		if tries == 0 && !s.busy() || tries > 0 && made != tries {
			t.Errorf("%v: given up after %d tries, want %d", err, made, tries)
		}
	}
}

func TestSpillKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 1000}, hclog.NewNullLogger())
		want, got := map[string][]string{}, map[string][]string{}
		for i := range rapid.IntRange(1, 150).Draw(t, "jobs") {
			j := groupJob(i, rapid.IntRange(1, 70).Draw(t, "groups"))
			want[j.GroupKey] = append(want[j.GroupKey], j.ID)
			if err := s.add(j); err != nil {
				t.Fatal(err)
			}
		}
		for s.busy() {
			jobs := s.next()
			errs := make([]error, len(jobs))
			for i, j := range jobs {
				if rapid.Bool().Draw(t, "refused") {
					errs[i] = contract.ErrUnavailable
					continue
				}
				got[j.GroupKey] = append(got[j.GroupKey], j.ID)
			}
			s.settle(errs)
		}
		if diff := cmp.Diff(want, got); diff != "" || s.bytes != 0 || len(s.lines) != 0 || len(s.ready) != 0 {
			t.Fatalf("%d bytes, %d groups left (-want +got):\n%s", s.bytes, len(s.lines), diff)
		}
		if err := s.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
