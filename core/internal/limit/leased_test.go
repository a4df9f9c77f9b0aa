package limit

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// backend is a shared limiter that leases and counts its calls.
type backend struct {
	*Keyed
	calls int
	fails error
	lacks bool
}

func (b *backend) Take(ctx context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	if b.calls++; b.fails != nil {
		return contract.TakeResult{}, b.fails
	}
	return b.Keyed.Take(ctx, req)
}

func (b *backend) Lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	b.calls++
	if b.lacks {
		return contract.LeaseResult{}, contract.ErrUnsupported
	}
	if b.fails != nil {
		return contract.LeaseResult{}, b.fails
	}
	for req.Cost = want; req.Cost > 0; req.Cost-- {
		if result, err := b.Keyed.Take(ctx, req); err != nil || result.Allowed {
			return contract.LeaseResult{Granted: req.Cost, ValidFor: validFor(req.Window), TakeResult: result}, err
		}
	}
	req.Cost = 1
	result, err := b.Keyed.Take(ctx, req)
	return contract.LeaseResult{ValidFor: validFor(req.Window), TakeResult: result}, err
}

func newBackend() (*backend, *fakeClock) {
	k, clock := newKeyed(100)
	return &backend{Keyed: k}, clock
}

func allowed(t interface{ Fatal(...any) }, l contract.RateLimiter, req contract.TakeRequest) bool {
	result, err := l.Take(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return result.Allowed
}

func TestDenialsCostNoCalls(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	req := contract.TakeRequest{Key: "hot", Cost: 1, Limit: 1000, Window: time.Second}
	admitted := 0
	const seconds, perSecond = 10, 5000
	for range seconds * perSecond {
		if allowed(t, l, req) {
			admitted++
		}
		clock.advance(time.Second / perSecond)
	}
	if most := int(req.Limit) * (seconds + 1); admitted > most || admitted < most*9/10 {
		t.Errorf("admitted %d, want nearly %d", admitted, most)
	}
	if shared.calls > admitted*11/10 {
		t.Errorf("%d calls for %d requests, of which %d were admitted", shared.calls, seconds*perSecond, admitted)
	}
}

func TestBelowItsLimitAHotKeyCostsACallPerLease(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	req := contract.TakeRequest{Key: "hot", Cost: 1, Limit: 100_000, Window: time.Second}
	for range 10_000 {
		if !allowed(t, l, req) {
			t.Fatal("denied below the limit")
		}
		clock.advance(100 * time.Microsecond)
	}
	if shared.calls > 100 {
		t.Errorf("%d calls for 10000 requests", shared.calls)
	}
}

func TestSmallLimitsAreAskedForEachTime(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	req := contract.TakeRequest{Key: "k", Cost: 1, Limit: 99, Window: time.Minute}
	for range 200 {
		allowed(t, l, req)
	}
	if shared.calls != 200 {
		t.Errorf("%d calls, want 200", shared.calls)
	}
}

func TestASteadyClientBelowItsLimitIsNeverDenied(t *testing.T) {
	shared, clock := newBackend()
	nodes := []*Leased{NewLeased(shared, 10, clock.now), NewLeased(shared, 10, clock.now), NewLeased(shared, 10, clock.now)}
	req := contract.TakeRequest{Key: "k", Cost: 1, Limit: 120, Window: time.Minute}
	for i := range 3000 {
		if !allowed(t, nodes[i%len(nodes)], req) {
			t.Fatalf("request %d was denied", i)
		}
		clock.advance(req.Window / time.Duration(req.Limit))
	}
}

func TestWithoutLeasesEveryRequestIsAsked(t *testing.T) {
	shared, clock := newBackend()
	shared.lacks = true
	l := NewLeased(shared, 10, clock.now)
	req := contract.TakeRequest{Key: "k", Cost: 1, Limit: 1000, Window: time.Second}
	admitted := 0
	for range 1100 {
		if allowed(t, l, req) {
			admitted++
		}
	}
	if admitted != 1000 {
		t.Errorf("admitted %d of 1000", admitted)
	}
}

func TestAFailureOfTheSharedLimiterIsTold(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	shared.fails = contract.ErrUnavailable
	req := contract.TakeRequest{Key: "k", Cost: 1, Limit: 1000, Window: time.Second}
	for range 3 {
		if _, err := l.Take(context.Background(), req); !errors.Is(err, contract.ErrUnavailable) {
			t.Fatalf("error %v", err)
		}
	}
	shared.fails = nil
	if !allowed(t, l, req) {
		t.Error("denied after the limiter came back")
	}
}

func TestResetForgetsADenial(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	req := contract.TakeRequest{Key: "k", Cost: 100, Limit: 100, Window: time.Minute}
	if !allowed(t, l, req) || allowed(t, l, req) {
		t.Fatal("the limit is not kept")
	}
	if err := l.Reset(context.Background(), "k"); err != nil {
		t.Fatal(err)
	}
	if !allowed(t, l, req) {
		t.Error("denied after Reset")
	}
}

func TestKeysAreBounded(t *testing.T) {
	shared, clock := newBackend()
	l := NewLeased(shared, 10, clock.now)
	for i := range 1000 {
		allowed(t, l, contract.TakeRequest{Key: string(rune('a' + i)), Cost: 1, Limit: 1000, Window: time.Second})
	}
	if len(l.keys) > 10 {
		t.Errorf("%d keys are remembered, want at most 10", len(l.keys))
	}
}

// Whatever nodes do, together they never admit more than the limit gives since
// the first request, and a denial is one that the shared limiter would confirm.
func TestLeasesNeverExceedTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shared, clock := newBackend()
		nodes := make([]*Leased, rapid.IntRange(1, 4).Draw(t, "nodes"))
		for i := range nodes {
			nodes[i] = NewLeased(shared, 10, clock.now)
		}
		req := contract.TakeRequest{
			Key: "k", Limit: rapid.Uint32Range(100, 2000).Draw(t, "limit"),
			Window: time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second,
		}
		interval := req.Window / time.Duration(req.Limit)
		var admitted, elapsed time.Duration
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			node := nodes[rapid.IntRange(0, len(nodes)-1).Draw(t, "node")]
			req.Cost = rapid.Uint32Range(1, 20).Draw(t, "cost")
			for range rapid.IntRange(1, 40).Draw(t, "times") {
				if allowed(t, node, req) {
					admitted += time.Duration(req.Cost)
				}
			}
			if most := time.Duration(req.Limit) + elapsed/interval; admitted > most {
				t.Fatalf("admitted %d units within %v, at most %d are right", admitted, elapsed, most)
			}
			d := time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond
			clock.advance(d)
			elapsed += d
		}
	})
}
