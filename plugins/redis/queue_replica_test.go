package main

import (
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// A server that dies or becomes a replica after it has answered the script, and
// before any replica has the jobs, has accepted nothing.
func TestAnAnswerWithoutAConfirmationIsNone(t *testing.T) {
	t.Parallel()
	other := testserver.StartRedis(t)
	for name, c := range map[string]struct {
		end  func(*testserver.Redis, *queue) error
		want func(error) bool
	}{
		"dies": {func(r *testserver.Redis, _ *queue) error { r.Kill(); return nil }, broke},
		"becomes a replica": {
			func(_ *testserver.Redis, q *queue) error {
				return q.Do(t.Context(), "replicaof", "127.0.0.1", other.Port).Err()
			},
			func(err error) bool { return errors.Is(err, errUnconfirmed) },
		},
	} {
		r := testserver.StartRedis(t)
		q := newQueue(t, toStandalone(r), func(*queueOptions) {})
		if err := q.Enqueue(patient(t), []contract.Job{{Queue: "q", ID: "first", GroupKey: "g"}})[0]; err != nil {
			t.Fatal(err) // after it the server knows the script
		}
		conn := q.UniversalClient.(*redis.Client).Conn()
		m := onServer(r.Addr, conn, enqueueScript, q.keys("q"), append(q.enqueueWords("q"), jobWords(contract.Job{ID: "a", GroupKey: "g"})...))
		ctx, result := patient(t), make(chan error, 1)
		go func() {
			_, err := m.store(ctx, time.Hour)
			result <- err
		}()
		for ctx := patient(t); q.HLen(ctx, q.key("q", "jobs")).Val() != 2 && ctx.Err() == nil; {
			waitABit(t)
		}
		if err := c.end(r, q); err != nil {
			t.Fatal(err)
		}
		if err := <-result; !c.want(err) || !mayRepeat(err, again) {
			t.Errorf("a server that %s: %v", name, err)
		}
		_ = conn.Close()
	}
}

// While a replica is there and silent, jobs are refused. They are accepted when
// it answers, and when it is gone.
func TestAReplicaThatHangsIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := testserver.StartRedisSentinel(t)
	q := newQueue(t, toSentinel(s), func(o *queueOptions) { o.TimeoutMS = 1500 })
	job := contract.Job{Queue: "q", ID: "a", GroupKey: "g"}
	ctx := patient(t)
	enqueue := func() error { return q.Enqueue(ctx, []contract.Job{job})[0] }
	accepted := func(when string) {
		t.Helper()
		for err := enqueue(); err != nil; err = enqueue() {
			if ctx.Err() != nil {
				t.Fatalf("%s: %v", when, err)
			}
		}
	}
	accepted("at first")
	for { // a machine that is busy may need so long that the replica counts as gone
		began := time.Now()
		s.Replica.Pause()
		job.ID += "a"
		err := enqueue()
		s.Replica.Resume()
		if errors.Is(err, errUnconfirmed) {
			break
		}
		if err == nil && time.Since(began) < mostLag*time.Second || ctx.Err() != nil {
			t.Fatalf("a job that the replica has not confirmed: %v", err)
		}
	}
	accepted("when the replica answers")
	s.Replica.Kill()
	job.ID = "alone"
	accepted("without a replica")
	if q.replica.time(ctx, s.Name) != 0 {
		t.Error("jobs wait although there is no replica")
	}
	s.Replica.Restart()
	for q.replica.time(ctx, s.Name) == 0 {
		accepted("with a replica again")
	}
}
