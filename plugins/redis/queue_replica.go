package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// replicaWait decides how long a new job waits for a replica that has it. Where
// none confirms, waiting is worth nothing: it is tried anew from time to time.
type replicaWait struct {
	most time.Duration // 0: never

	mu    sync.Mutex
	until time.Time // not before: the last try was in vain
}

const (
	replicaPause = 5 * time.Second
	replicaProbe = 50 * time.Millisecond
)

// newReplicaWait waits where a fail-over is to be expected.
func newReplicaWait(ms int64, mode string) *replicaWait {
	if mode == modeStandalone {
		return &replicaWait{}
	}
	return &replicaWait{most: millis(ms)}
}

// time returns how long to wait now, in whole milliseconds; 0 is not at all.
func (w *replicaWait) time(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case now.Before(w.until):
		return 0
	case w.until.IsZero():
		return w.most
	}
	return min(w.most, replicaProbe)
}

// learn notes how many replicas confirmed, and reports whether that is news.
func (w *replicaWait) learn(replicas int64, now time.Time) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if replicas > 0 {
		news = !w.until.IsZero()
		w.until = time.Time{}
		return news
	}
	news = w.until.IsZero()
	w.until = now.Add(replicaPause)
	return news
}

// runReplicated executes a script and waits, on the same connection, until a
// replica has what it wrote. The script may be executed twice.
func (q *queue) runReplicated(ctx context.Context, s *script, keys []string, args []any) (any, error) {
	wait := q.replica.time(time.Now())
	if wait == 0 {
		return q.run(ctx, again, s, keys, args...)
	}
	var reply any
	err := q.do(ctx, again, func(ctx context.Context) error {
		node, err := q.node(ctx, keys[0])
		if err != nil {
			return err
		}
		reply, err = q.evalAndWait(ctx, node, "evalsha", s.sha, keys, args, wait)
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			reply, err = q.evalAndWait(ctx, node, "eval", s.text, keys, args, wait)
		}
		if redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK") {
			reply, err = q.eval(ctx, again, "eval", s.text, keys, args) // go-redis learns the way by it
		}
		return err
	})
	return reply, err
}

func (q *queue) evalAndWait(ctx context.Context, node *redis.Client, how, what string, keys []string, args []any, wait time.Duration) (any, error) {
	pipe := node.Pipeline()
	done := redis.NewCmd(ctx, evalWords(how, what, keys, args)...)
	_ = pipe.Process(ctx, done)
	confirmed := redis.NewIntCmd(ctx, "wait", 1, wait.Milliseconds())
	_ = pipe.Process(ctx, confirmed)
	_, _ = pipe.Exec(ctx)
	if done.Err() == nil && confirmed.Err() == nil {
		q.learnReplicas(confirmed.Val())
	}
	return done.Result()
}

func (q *queue) learnReplicas(n int64) {
	if !q.replica.learn(n, time.Now()) {
		return
	}
	if n == 0 {
		q.logger.Warn("no replica confirms new jobs; until one does, a fail-over may lose the latest ones")
		return
	}
	q.logger.Info("a replica confirms new jobs again")
}

// node returns the server that owns a key.
func (q *queue) node(ctx context.Context, key string) (*redis.Client, error) {
	if cluster, ok := q.UniversalClient.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return q.UniversalClient.(*redis.Client), nil
}

// durability is what the server says of itself. A user who may not ask gets the
// weakest class.
func (q *queue) durability(ctx context.Context, name string) contract.Durability {
	node, err := q.node(ctx, q.key(name, parts[0]))
	if err != nil {
		return contract.InMemory
	}
	info, err := node.Info(ctx).Result()
	switch {
	case err != nil:
		return contract.InMemory
	case strings.Contains(info, "\naof_enabled:1"):
		return contract.OnDisk
	case strings.Contains(info, "state=online"):
		return contract.Replicated
	}
	return contract.InMemory
}
