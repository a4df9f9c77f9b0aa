package testserver

import (
	"context"
	"fmt"
	"strings"
)

// RedisSentinel is a master and a replica that three sentinels watch.
type RedisSentinel struct {
	// Name is that of the master at the sentinels.
	Name            string
	Master, Replica *Redis
	Sentinels       []*Redis

	start  func(settings ...string) *Redis
	certs  *Certificates
	mutual bool
}

// Addrs are the addresses of the sentinels.
func (s *RedisSentinel) Addrs() []string {
	addrs := make([]string, len(s.Sentinels))
	for i, n := range s.Sentinels {
		addrs[i] = n.Addr
	}
	return addrs
}

// StartRedisSentinel starts five servers. When the master is killed, the
// sentinels make the replica the master within a few seconds.
func StartRedisSentinel(tb TB) *RedisSentinel {
	tb.Helper()
	return startSentinel(tb, &RedisSentinel{Name: "mymaster", start: func(lines ...string) *Redis {
		return StartRedis(tb, lines...)
	}})
}

// StartRedisSentinelTLS is StartRedisSentinel with TLS alone on every way. If
// mutual, clients need a certificate of the same authority.
func StartRedisSentinelTLS(tb TB, certs *Certificates, mutual bool) *RedisSentinel {
	tb.Helper()
	return startSentinel(tb, &RedisSentinel{Name: "mymaster", certs: certs, mutual: mutual, start: func(lines ...string) *Redis {
		return StartRedisTLS(tb, certs, mutual, lines...)
	}})
}

func startSentinel(tb TB, s *RedisSentinel) *RedisSentinel {
	tb.Helper()
	s.Master = s.start("repl-diskless-sync-delay 0")
	s.Replica = s.start(fmt.Sprint("replicaof 127.0.0.1 ", s.Master.Port))
	s.Replica.spec.Ready = s.Replica.replicates
	s.Replica.await()
	s.Master.spec.Ready = s.Master.replicates
	s.Master.await()
	for range 3 {
		s.Sentinels = append(s.Sentinels, s.sentinel(tb))
	}
	for _, n := range s.Sentinels {
		n.spec.Ready = func(ctx context.Context) error { return n.agrees(ctx, s.Name) }
		n.await()
	}
	return s
}

func (s *RedisSentinel) sentinel(tb TB) *Redis {
	tb.Helper()
	n := &Redis{Port: Port(tb), Dir: Dir(tb, "")}
	n.Addr = address(n.Port)
	lines := []string{fmt.Sprint("port ", n.Port)}
	if s.certs != nil {
		n = newRedisTLS(tb, s.certs)
		lines = s.certs.lines(n.Port, s.mutual)
	}
	n.Process = startRedis(tb, n, lines, []string{
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2", s.Name, s.Master.Port),
		fmt.Sprintf("sentinel down-after-milliseconds %s 1000", s.Name),
		fmt.Sprintf("sentinel failover-timeout %s 3000", s.Name),
	}, "--sentinel")
	return n
}

// replicates reports whether this node, if it is a replica, has the data of its
// master, and if it is a master, whether it knows that of its replicas.
func (r *Redis) replicates(ctx context.Context) error {
	info, err := r.ask(ctx, "INFO", "replication")
	switch {
	case err != nil:
		return err
	case strings.Contains(info, "role:slave") && !strings.Contains(info, "master_link_status:up"):
		return fmt.Errorf("replica %s has no data yet", r.Addr)
	case strings.Contains(info, "state=wait_bgsave"), strings.Contains(info, "state=send_bulk"):
		return fmt.Errorf("a replica of %s has no data yet", r.Addr)
	}
	return nil
}

// agrees reports whether a sentinel sees the two others and the replica.
func (r *Redis) agrees(ctx context.Context, master string) error {
	quorum, err := r.ask(ctx, "SENTINEL", "CKQUORUM", master)
	if err == nil && !strings.HasPrefix(quorum, "+OK 3 usable") {
		err = fmt.Errorf("sentinel %s: %s", r.Addr, quorum)
	}
	if err != nil {
		return err
	}
	info, err := r.ask(ctx, "INFO", "sentinel")
	if err == nil && !strings.Contains(info, "slaves=1") {
		err = fmt.Errorf("sentinel %s knows no replica", r.Addr)
	}
	return err
}
