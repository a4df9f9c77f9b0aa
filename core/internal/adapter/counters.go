package adapter

import (
	"context"
	"sync/atomic"

	"github.com/jackfield/jackfield/sdk/contract"
)

// lossReason is why a message did not come through.
type lossReason int

const (
	lostFull   lossReason = iota // pushed out of the buffer
	lostOld                      // waited too long for the driver
	lostGap                      // missing in a stream that was received
	lostNotice                   // the driver told of a loss, of nobody knows how many
	lostBehind                   // came from another node and found no room here
	lossReasons
)

var lossReasonNames = [lossReasons]string{"buffer_full", "too_old", "gap", "notice", "overloaded"}

// counters are what happened to messages.
type counters struct {
	sent, received, failed  atomic.Uint64
	doubles, unknown, wrong atomic.Uint64
	missed                  atomic.Uint64
	lost                    [lossReasons]atomic.Uint64
}

// Samples are the series of the cluster.
func (n *Node) Samples(context.Context) []contract.Sample {
	_, bytes := n.out.held()
	gauge := func(name, help string, v float64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Gauge, Value: v}
	}
	count := func(name, help string, c *atomic.Uint64) contract.Sample {
		return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(c.Load())}
	}
	up := 0.0
	if n.Fault() == nil {
		up = 1
	}
	all := []contract.Sample{
		gauge("cluster_up", "Whether the other nodes are within reach.", up),
		gauge("cluster_nodes", "Nodes of the cluster, this one too, as this one knows.", float64(len(n.Nodes()))),
		gauge("bus_topics", "Streams of messages that this node hears.", float64(n.topics.len())),
		gauge("bus_buffer_bytes", "Bytes of messages that wait for the adapter's driver.", float64(bytes)),
		count("bus_sent_total", "Messages handed to the adapter's driver for other nodes.", &n.counts.sent),
		count("bus_received_total", "Messages that came from other nodes.", &n.counts.received),
		count("bus_send_failures_total", "Calls of the adapter's driver with messages that failed and were made again.", &n.counts.failed),
		count("bus_doubles_total", "Messages of other nodes that came twice and were dropped.", &n.counts.doubles),
		count("bus_unknown_total", "Messages of other nodes of a kind that this version does not know.", &n.counts.unknown),
		count("cluster_log_missed_total", "Times at which webhooks may have missed transitions, because the log of the cluster was lost.", &n.counts.missed),
		count("bus_malformed_total", "Messages of other nodes that could not be read.", &n.counts.wrong),
	}
	for r := range n.counts.lost {
		s := count("bus_lost_total", "Messages between nodes that were, or may have been, lost.", &n.counts.lost[r])
		s.Labels = map[string]string{"reason": lossReasonNames[r]}
		all = append(all, s)
	}
	return all
}
