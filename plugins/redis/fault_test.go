package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// A server that was restarted has closed every connection; nobody may notice.
func TestARestartCostsNoOperation(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t)
	c, l := newCache(t, toStandalone(r)), newLimiter(t, toStandalone(r))
	use := func() {
		ctx := patient(t)
		var busy sync.WaitGroup
		for i := range 20 {
			busy.Go(func() {
				key := fmt.Sprint("k", i)
				_, setErr := c.Set(ctx, key, []byte("v"), contract.SetOptions{})
				_, getErr := c.Get(ctx, key)
				_, incErr := c.Increment(ctx, "n"+key, 1, 0, "")
				_, swapErr := c.CompareAndSet(ctx, key, []byte("v"), []byte("w"), 0)
				_, absentErr := c.Set(ctx, key, []byte("v"), contract.SetOptions{IfAbsent: true})
				_, takeErr := l.Take(ctx, contract.TakeRequest{Key: key, Cost: 1, Limit: 9, Window: time.Minute})
				if err := errors.Join(setErr, getErr, incErr, swapErr, absentErr, takeErr); err != nil {
					t.Error(err)
				}
			})
		}
		busy.Wait()
	}
	use()
	r.Restart()
	use()
}

// traffic enqueues jobs, several at a time, until it is told to stop, and keeps
// the ids of those that were accepted.
type traffic struct {
	q    *queue
	stop chan struct{}
	wg   sync.WaitGroup

	mu       sync.Mutex
	accepted map[string]bool
}

func startTraffic(q *queue) *traffic {
	tr := &traffic{q: q, stop: make(chan struct{}), accepted: map[string]bool{}}
	for lane := range 4 {
		tr.wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-tr.stop:
					return
				default:
					tr.offer(contract.Job{Queue: "q", ID: fmt.Sprint("job", lane, "-", n), GroupKey: fmt.Sprint("g", n%7), Body: []byte("b")})
				}
			}
		})
	}
	return tr
}

func (tr *traffic) offer(job contract.Job) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if tr.q.Enqueue(ctx, []contract.Job{job})[0] != nil {
		return
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.accepted[job.ID] = true
}

// grow waits until this many more jobs were accepted.
func (tr *traffic) grow(t *testing.T, n int) {
	t.Helper()
	for want := tr.count() + n; tr.count() < want; waitABit(t) {
		if t.Context().Err() != nil {
			t.Fatalf("%d jobs were accepted, want %d", tr.count(), want)
		}
	}
}

func (tr *traffic) count() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.accepted)
}

func (tr *traffic) end() map[string]bool {
	close(tr.stop)
	tr.wg.Wait()
	return tr.accepted
}

// takeAll takes and acknowledges jobs until all of these were seen.
func takeAll(t *testing.T, q *queue, want map[string]bool) {
	t.Helper()
	ctx := patient(t)
	consumer, err := q.Consume(ctx, contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	for len(want) > 0 {
		ds, err := consumer.Receive(ctx, 16)
		if ctx.Err() != nil {
			t.Fatalf("%d accepted jobs were not handed over: %v", len(want), err)
		}
		for _, d := range ds {
			delete(want, d.Job.ID)
			_ = consumer.Ack(ctx, d)
		}
	}
}

// killed kills masters in the middle of traffic, one after the other, and waits
// each time until jobs are accepted again; nothing that was accepted may be lost.
// next returns the master to kill, or nil: that was all.
func killed(t *testing.T, connection connectionOptions, next func(*queue) *testserver.Redis) {
	q := newQueue(t, connection, func(*queueOptions) {})
	c := newCache(t, connection)
	tr := startTraffic(q)
	for m := next(q); m != nil; m = next(q) {
		n := 1 + rand.IntN(400)
		tr.grow(t, n)
		m.Kill()
		t.Logf("%s was killed after %d jobs more", m.Addr, n)
		tr.grow(t, 200)
	}
	takeAll(t, q, tr.end())
	for i := range 50 {
		if _, err := c.Set(patient(t), fmt.Sprint("k", i), []byte("v"), contract.SetOptions{}); err != nil {
			t.Errorf("after the fail-over: %v", err)
		}
	}
}

// waitABit lets others go on while a test waits for a condition.
func waitABit(t *testing.T) {
	t.Helper()
	select {
	case <-time.After(5 * time.Millisecond):
	case <-t.Context().Done():
	}
}

func TestSentinelFailOverLosesNothing(t *testing.T) {
	t.Parallel()
	s := testserver.StartRedisSentinel(t)
	masters := []*testserver.Redis{nil, s.Master}
	killed(t, toSentinel(s), func(*queue) *testserver.Redis {
		last := masters[len(masters)-1]
		masters = masters[:len(masters)-1]
		return last
	})
}

// Each master that is killed comes back as the replica of its successor, which
// is killed next.
func TestClusterFailOverLosesNothing(t *testing.T) {
	t.Parallel()
	cl := testserver.StartRedisCluster(t, 1)
	var dead *testserver.Redis
	rounds := 3
	killed(t, toCluster(cl), func(q *queue) *testserver.Redis {
		if rounds--; rounds < 0 {
			return nil
		}
		if dead != nil {
			dead.Restart()
		}
		dead = owner(t, q, cl)
		return dead
	})
}

// owner returns the server that has the queue, once its replica is up to date.
func owner(t *testing.T, q *queue, cl *testserver.RedisCluster) *testserver.Redis {
	t.Helper()
	for ctx := patient(t); ; waitABit(t) {
		node, err := q.node(ctx, q.key("q", parts[0]))
		if err != nil {
			t.Fatal(err)
		}
		info, err := node.Info(ctx, "replication").Result()
		if ctx.Err() != nil {
			t.Fatalf("no replica of %s is up to date: %v, %s", node, err, info)
		}
		if i := slices.Index(cl.Addrs(), node.Options().Addr); readReplication(info).synced {
			return cl.Nodes[i]
		}
	}
}

// A job that crashes its worker every time ends among the dead letters, however
// many attempts it asks for: webhooks are retried by their age, not by number.
func TestAJobThatCrashesItsWorkerDies(t *testing.T) {
	t.Parallel()
	q := newQueue(t, toStandalone(standalone()), func(o *queueOptions) { o.Reliability.MaxAttempts = 2 })
	ctx := patient(t)
	if err := errors.Join(q.Enqueue(ctx, []contract.Job{{Queue: "q", ID: "poison", GroupKey: "g", MaxAttempts: 1 << 30}})...); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		consumer, err := q.Consume(ctx, contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := consumer.Receive(ctx, 1); err != nil {
			t.Fatal(err)
		}
		_ = consumer.Close() // the worker is gone, the job is out
	}
	for {
		dead, _, err := q.ListDead(ctx, "q", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(dead) == 1 && dead[0].Job.ID == "poison" && dead[0].Attempts == 2 {
			return
		}
		waitABit(t)
	}
}

// concurrency bounds what is out with all consumers of a process.
func TestConcurrencyBoundsWhatIsOut(t *testing.T) {
	t.Parallel()
	q := newQueue(t, toStandalone(standalone()), func(o *queueOptions) { o.Concurrency = 3 })
	ctx := patient(t)
	var jobs []contract.Job
	for i := range 10 {
		jobs = append(jobs, contract.Job{Queue: "q", ID: fmt.Sprint(i), GroupKey: fmt.Sprint(i)})
	}
	if err := errors.Join(q.Enqueue(ctx, jobs)...); err != nil {
		t.Fatal(err)
	}
	consumer, err := q.Consume(ctx, contract.ConsumeOptions{Queue: "q", Consumer: "c", Lease: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	out, err := consumer.Receive(ctx, 10)
	if err != nil || len(out) != 3 {
		t.Fatalf("%d jobs are out, %v; want 3", len(out), err)
	}
	for done := 0; done < len(jobs); done++ {
		if err := consumer.Ack(ctx, out[0]); err != nil {
			t.Fatal(err)
		}
		out = out[1:]
		if done+len(out)+1 < len(jobs) {
			more, err := consumer.Receive(ctx, 10)
			if err != nil || len(more) != 1 {
				t.Fatalf("%d more jobs, %v; want 1", len(more), err)
			}
			out = append(out, more...)
		}
	}
}
