package testserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// RedisCluster is a Redis Cluster.
type RedisCluster struct {
	// Nodes are all servers, the masters first.
	Nodes []*Redis
}

// Addrs are the addresses of all nodes.
func (c *RedisCluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		addrs[i] = n.Addr
	}
	return addrs
}

// StartRedisCluster starts three masters, each with the given number of
// replicas. A master that is killed and has a replica is replaced by it within
// a few seconds.
func StartRedisCluster(tb TB, replicas int) *RedisCluster {
	tb.Helper()
	const masters = 3
	c := &RedisCluster{}
	for range masters * (1 + replicas) {
		c.Nodes = append(c.Nodes, StartRedis(tb, "cluster-enabled yes", "cluster-config-file nodes.conf",
			"cluster-node-timeout 2000", "repl-diskless-sync-delay 0"))
	}
	path, err := program("redis-cli")
	if err == nil {
		args := append([]string{"--cluster", "create"}, c.Addrs()...)
		err = run("create Redis Cluster", path, append(args, "--cluster-replicas", fmt.Sprint(replicas), "--cluster-yes")...)
	}
	if err != nil {
		tb.Fatalf("start Redis Cluster: %v", err)
		return nil
	}
	for _, n := range slices.Backward(c.Nodes) { // masters last: they list the replicas that are there
		n.spec.Ready = n.inCluster
		n.await()
	}
	return c
}

// inCluster reports whether this node sees the whole cluster, and replicates.
func (r *Redis) inCluster(ctx context.Context) error {
	info, err := r.ask(ctx, "CLUSTER", "INFO")
	if err == nil && !strings.Contains(info, "cluster_state:ok") {
		err = fmt.Errorf("node %s: %s", r.Addr, info)
	}
	if err != nil {
		return err
	}
	return r.replicates(ctx)
}
