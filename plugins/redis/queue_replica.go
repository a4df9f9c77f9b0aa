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
	// store executes the script and waits for a replica that has what it wrote; not
	// at all if wait is 0.
	store func(ctx context.Context, wait time.Duration) (stored, error)
}

// stored is what came of it.
type stored struct {
	reply     any
	confirmed bool
	seen      replication // after the script; not looked at if a replica has confirmed
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
	eval := func(ctx context.Context, then redis.Cmder) (any, error) {
		reply, err := evalAnd(ctx, node, evalWords("evalsha", s.sha, keys, args), then)
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			reply, err = evalAnd(ctx, node, evalWords("eval", s.text, keys, args), then)
		}
		return reply, err
	}
	return master{addr, func(ctx context.Context, wait time.Duration) (done stored, err error) {
		if wait == 0 {
			info := redis.NewStringCmd(ctx, "info", "replication")
			if done.reply, err = eval(ctx, info); err == nil {
				done.seen, err = look(info)
			}
			return done, err
		}
		replicas := redis.NewIntCmd(ctx, "wait", 1, wait.Milliseconds())
		if done.reply, err = eval(ctx, replicas); err == nil {
			err = unconfirmed(replicas.Err())
		}
		if done.confirmed = replicas.Val() > 0; !done.confirmed && err == nil {
			done.seen, err = look(node.Info(ctx, "replication"))
		}
		return done, err
	}}
}

// evalAnd executes a script and another command on one connection. The error is
// that of the script.
func evalAnd(ctx context.Context, node *redis.Conn, words []any, then redis.Cmder) (any, error) {
	pipe := node.Pipeline()
	done := redis.NewCmd(ctx, words...)
	_ = pipe.Process(ctx, done)
	_ = pipe.Process(ctx, then)
	_, _ = pipe.Exec(ctx)
	return done.Result()
}

// look reads the answer to INFO.
func look(info *redis.StringCmd) (replication, error) {
	if redis.HasErrorPrefix(info.Err(), "NOPERM") {
		return replication{hidden: true}, nil
	}
	return readReplication(info.Val()), info.Err()
}

// unconfirmed sorts how a WAIT failed, whatever the script said: its server may
// have died before anybody else had the jobs, and one that became a replica under
// it says so in several ways.
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
