package testserver

import (
	"context"
	"fmt"
)

// CassandraCluster is three nodes of Cassandra on 127.0.0.1, 127.0.0.2 and
// 127.0.0.3, with the same port.
type CassandraCluster struct {
	Nodes []*Cassandra
}

// Addrs are the addresses of all nodes.
func (c *CassandraCluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		addrs[i] = n.Addr
	}
	return addrs
}

// StartCassandraCluster starts the nodes one after the other, which takes a
// minute or two and about 1.5 GiB, and returns when each knows the others. A node
// that was killed may be restarted.
func StartCassandraCluster(tb TB, settings ...string) *CassandraCluster {
	tb.Helper()
	c := &CassandraCluster{}
	port, storage := Port(tb), Port(tb)
	var hosts []string
	for i, token := range []string{"-9223372036854775808", "-3074457345618258603", "3074457345618258602"} {
		hosts = append(hosts, fmt.Sprint("127.0.0.", i+1))
		c.Nodes = append(c.Nodes, startCassandra(tb, cassandraNode{
			host: hosts[i], port: port, storage: storage, seeds: hosts[:1], token: token,
			heap: "192m", ringDelay: 3000, settings: settings,
		}))
	}
	for _, n := range c.Nodes { // who comes back must find somebody alive
		n.node.seeds = hosts
		if err := n.configure(); err != nil {
			tb.Fatalf("start Cassandra: %v", err)
		}
		n.spec.Ready = func(ctx context.Context) error { return n.knows(ctx, len(hosts)-1) }
		n.await()
	}
	return c
}
