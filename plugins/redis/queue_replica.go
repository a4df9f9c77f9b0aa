package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// errUnconfirmed is why jobs that were stored are not accepted yet.
var errUnconfirmed = errors.New("the job is stored, but a replica that is there has not confirmed it")

// master is a server that stores jobs.
type master struct {
	addr string
	// store executes the script and returns how many replicas have what it wrote,
	// after waiting for one; not at all if wait is 0.
	store func(ctx context.Context, wait time.Duration) (reply any, confirmed int64, err error)
	look  func(ctx context.Context) (replication, error)
}

// runReplicated executes a script, twice if need be, until what it wrote is as
// safe as its server can make it.
func (q *queue) runReplicated(ctx context.Context, s *script, keys []string, args []any) (any, error) {
	if q.replica.most == 0 {
		return q.run(ctx, again, s, keys, args...)
	}
	var reply any
	err := q.do(ctx, again, func(ctx context.Context) error {
		node, err := q.node(ctx, keys[0])
		if err != nil {
			return err
		}
		conn := node.Conn() // what is seen of a server must be seen of the one that has the jobs
		defer func() { _ = conn.Close() }()
		reply, err = q.replica.keep(ctx, onServer(node.Options().Addr, conn, s, keys, args))
		return err
	})
	return reply, err
}

func onServer(addr string, node *redis.Conn, s *script, keys []string, args []any) master {
	return master{
		addr: addr,
		store: func(ctx context.Context, wait time.Duration) (any, int64, error) {
			reply, confirmed, err := evalAndWait(ctx, node, evalWords("evalsha", s.sha, keys, args), wait)
			if redis.HasErrorPrefix(err, "NOSCRIPT") {
				reply, confirmed, err = evalAndWait(ctx, node, evalWords("eval", s.text, keys, args), wait)
			}
			return reply, confirmed, err
		},
		look: func(ctx context.Context) (replication, error) {
			info, err := node.Info(ctx, "replication").Result()
			if redis.HasErrorPrefix(err, "NOPERM") {
				return replication{hidden: true}, nil
			}
			return readReplication(info), err
		},
	}
}

// evalAndWait waits on the connection on which the script was executed. A WAIT
// that was not answered is an error, whatever the script said: its server may
// have died before anybody else had the jobs.
func evalAndWait(ctx context.Context, node *redis.Conn, words []any, wait time.Duration) (any, int64, error) {
	pipe := node.Pipeline()
	done := redis.NewCmd(ctx, words...)
	_ = pipe.Process(ctx, done)
	confirmed := redis.NewIntCmd(ctx, "wait", 1, wait.Milliseconds())
	if wait > 0 {
		_ = pipe.Process(ctx, confirmed)
	}
	_, _ = pipe.Exec(ctx)
	if done.Err() != nil || confirmed.Err() == nil {
		return done.Val(), confirmed.Val(), done.Err()
	}
	return nil, 0, unconfirmed(confirmed.Err())
}

// unconfirmed sorts how a WAIT failed: a server that became a replica under it
// says so in several ways.
func unconfirmed(err error) error {
	if _, said := errors.AsType[redis.Error](err); said && !redis.HasErrorPrefix(err, "NOPERM") {
		return errUnconfirmed
	}
	return err
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
	case readReplication(info).synced:
		return contract.Replicated
	}
	return contract.InMemory
}
