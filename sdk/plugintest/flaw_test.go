package plugintest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// flaw is a mistake that a fake driver makes on purpose.
type flaw string

// The flaws.
const (
	none            flaw = ""
	ttlIgnored      flaw = "TTL ignored"
	ifAbsentIgnored flaw = "IfAbsent ignored"
	valueKept       flaw = "the caller's slice is kept"
	countRacy       flaw = "increment reads, waits, and writes"
	losesOnCrash    flaw = "jobs of a closed consumer are lost"
	groupsIgnored   flaw = "groups are ignored"
	retriedLast     flaw = "a retried job goes to the end"
	oneTooMany      flaw = "one unit above the limit"
	keysFolded      flaw = "keys are compared without case"
	revisionIgnored flaw = "revisions are ignored"
	firstTwice      flaw = "first is announced by every holder"
	changeLost      flaw = "a change of state is lost without a word"
)

// found says which cases of a suite must fail for a driver with a flaw.
var found = map[flaw][]string{
	ttlIgnored:      {"a value past its time is not found", "touching does not bring back a value past its time"},
	ifAbsentIgnored: {"IfAbsent leaves an existing value alone", "IfAbsent has one winner among 64"},
	valueKept:       {"the cache keeps no hold of a value it was given"},
	countRacy:       {"64 callers count every one of their calls"},
	losesOnCrash:    {"closing a consumer gives its jobs to others when their lease ends", "while workers crash, every job is done or dead (seed 1)"},
	groupsIgnored:   {"one job of a group is out at a time, over all consumers", "eight consumers never hold two jobs of one group"},
	retriedLast:     {"a job that is retried keeps its place"},
	oneTooMany:      {"a fresh limit allows its whole burst and not one more", "the answers are those of the algorithm (seed 1)"},
	keysFolded:      {"ids and keys are compared byte by byte"},
	revisionIgnored: {"an update of an old revision is a conflict and changes nothing", "of 16 updates of one revision one takes place"},
	firstTwice:      {"the first node that holds a user is told so, and the last that lets go", "16 nodes in one moment have one first, and one last", "views of all nodes agree with the state (seed 1)"},
	changeLost:      {"every session hears of every change in its order, its own ones too"},
}

const flawEnv = "PLUGINTEST_FLAW"

// TestSuitesFindFlaws runs the suites, in a process of their own, on drivers
// that are wrong, and expects the right cases to fail.
func TestSuitesFindFlaws(t *testing.T) {
	for f, cases := range found {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFlawed$", "-test.v", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), flawEnv+"="+string(f))
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the suite passed on a driver with the flaw")
			}
			for _, c := range cases {
				if !strings.Contains(string(out), "--- FAIL: TestFlawed/"+strings.ReplaceAll(c, " ", "_")) {
					t.Errorf("the case did not fail: %s\n%s", c, out)
				}
			}
			if strings.Contains(string(out), "panic:") {
				t.Errorf("the suite ended in a panic:\n%s", out)
			}
		})
	}
}

// TestFlawed is what TestSuitesFindFlaws runs; by itself it has nothing to do.
func TestFlawed(t *testing.T) {
	switch f := flaw(os.Getenv(flawEnv)); f {
	case ttlIgnored, ifAbsentIgnored, valueKept, countRacy:
		plugintest.Cache(t, plugintest.CacheConfig{
			Open:   func(*testing.T) contract.Cache { return newFakeCache(f) },
			Bubble: true,
		})
	case losesOnCrash, groupsIgnored, retriedLast:
		plugintest.Queue(t, plugintest.QueueConfig{
			Open:   func(*testing.T) contract.Queue { return newFakeQueue(f) },
			Bubble: true,
		})
	case oneTooMany:
		plugintest.RateLimiter(t, plugintest.RateLimiterConfig{
			Open:   func(*testing.T) contract.RateLimiter { return newFakeLimiter(f) },
			Bubble: true,
		})
	case keysFolded, revisionIgnored:
		plugintest.AppManager(t, plugintest.AppManagerConfig{
			Open:   func(*testing.T) contract.AppManager { return newFakeApps(f) },
			Bubble: true,
		})
	case firstTwice, changeLost:
		plugintest.Adapter(t, plugintest.AdapterConfig{
			Open: func(*testing.T) contract.Adapter {
				return flawedAdapter{plugintest.NewReferenceBus(wallClock{}), f}
			},
			Bubble: true,
		})
	}
}

// flawedAdapter is the reference adapter with a flaw.
type flawedAdapter struct {
	contract.Adapter
	flaw flaw
}

func (a flawedAdapter) Open(ctx context.Context, node contract.NodeInfo) (contract.AdapterSession, error) {
	s, err := a.Adapter.Open(ctx, node)
	return &flawedSession{AdapterSession: s, flaw: a.flaw}, err
}

type flawedSession struct {
	contract.AdapterSession
	flaw flaw
	seen int
}

func (s *flawedSession) Apply(ctx context.Context, req contract.ApplyRequest) (contract.Verdict, error) {
	v, err := s.AdapterSession.Apply(ctx, req)
	for i := range v.Results {
		if s.flaw == firstTwice && req.Changes[i].Present && v.Results[i].Seq > 0 {
			v.Results[i].First = true
		}
	}
	return v, err
}

func (s *flawedSession) Receive(ctx context.Context) ([]contract.AdapterEvent, error) {
	events, err := s.AdapterSession.Receive(ctx)
	var kept []contract.AdapterEvent
	for _, e := range events {
		if s.seen++; s.flaw == changeLost && e.State != nil && s.seen == 3 {
			continue
		}
		if s.flaw == firstTwice && e.State != nil && e.State.Change.Present {
			e.State.Result.First = true
		}
		kept = append(kept, e)
	}
	return kept, err
}
