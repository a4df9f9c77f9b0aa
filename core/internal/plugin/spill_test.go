package plugin

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

func job(i int) contract.Job {
	return contract.Job{Queue: "q", ID: fmt.Sprintf("%06d", i), GroupKey: "g", Body: make([]byte, 100)}
}

func ids(jobs []contract.Job) []string {
	out := []string{}
	for _, j := range jobs {
		out = append(out, j.ID)
	}
	return out
}

func TestSpillRefusesOverItsBounds(t *testing.T) {
	size := jobSize(job(0))
	for _, limits := range []SpillLimits{{Bytes: 3 * size, Jobs: 100}, {Bytes: 1 << 20, Jobs: 3}} {
		s := newSpill(limits)
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

func TestSpillDropsTheOldestThatIsNotUnderWay(t *testing.T) {
	s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 100, DropOldest: true})
	for i := range 100 {
		if err := s.add(job(i)); err != nil {
			t.Fatal(err)
		}
	}
	sent := s.next()
	if err := s.add(job(100)); err != nil {
		t.Fatal(err)
	}
	s.settle(make([]error, len(sent)))
	left := s.next()
	if len(sent) != flushJobs || len(left) != 100-flushJobs || left[0].ID != job(flushJobs+1).ID {
		t.Errorf("%d sent, %d left, first %s", len(sent), len(left), left[0].ID)
	}
	if s.dropped != 1 {
		t.Errorf("%d dropped", s.dropped)
	}
}

func TestSpillKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSpill(SpillLimits{Bytes: 1 << 20, Jobs: 1000})
		var want, got []string
		for i := range rapid.IntRange(1, 150).Draw(t, "jobs") {
			want = append(want, job(i).ID)
			if err := s.add(job(i)); err != nil {
				t.Fatal(err)
			}
		}
		for s.busy() {
			batch := s.next()
			cut := rapid.IntRange(0, len(batch)).Draw(t, "accepted")
			errs := make([]error, len(batch))
			for i := cut; i < len(errs); i++ {
				errs[i] = contract.ErrUnavailable
			}
			s.settle(errs)
			got = append(got, ids(batch[:cut])...)
		}
		if diff := cmp.Diff(want, got); diff != "" || s.bytes != 0 {
			t.Fatalf("%d bytes left (-want +got):\n%s", s.bytes, diff)
		}
		if err := s.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
