package plugin

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// methodID numbers the operations of all facades.
type methodID int

const (
	methodFindByID methodID = iota
	methodFindByKey
	methodList
	methodCreate
	methodUpdate
	methodDeleteApp
	methodGet
	methodSet
	methodDelete
	methodIncrement
	methodCompareAndSet
	methodTouch
	methodTTL
	methodScan
	methodDeletePrefix
	methodGetMany
	methodSetMany
	methodEnqueue
	methodStats
	methodSettle
	methodDead
	methodTake
	methodReset
	methodLease
	methodOpen
	methodApply
	methodPublish
	methodSubscribe
	methodSnapshot
	methodRenew
	methodReap
	methodChanges
	methodRetire
	methodLead
	methodAdvance
	methodCount // the number of methods
)

// methodNames are the values of the label "method".
var methodNames = [methodCount]string{
	"find_by_id", "find_by_key", "list", "create", "update", "delete",
	"get", "set", "delete", "increment", "compare_and_set", "touch", "ttl", "scan", "delete_prefix", "get_many", "set_many",
	"enqueue", "stats", "settle", "dead_letters",
	"take", "reset", "lease",
	"open", "apply", "publish", "subscribe", "snapshot", "renew", "reap",
	"changes", "retire", "lead", "advance",
}

// meter counts the operations of one kind.
type meter struct {
	methods [methodCount]struct {
		calls, errors, refused atomic.Uint64
		nanos                  atomic.Int64
	}
}

// count notes an operation that was made.
func (m *meter) count(id methodID, took time.Duration, err error) {
	c := &m.methods[id]
	c.calls.Add(1)
	c.nanos.Add(int64(took))
	if err != nil && !isResult(err) {
		c.errors.Add(1)
	}
}

// refuse notes an operation that failed without a call.
func (m *meter) refuse(id methodID) { m.methods[id].refused.Add(1) }

// isResult is whether an error is a normal answer.
func isResult(err error) bool {
	return errors.Is(err, contract.ErrNotFound) || errors.Is(err, contract.ErrConflict)
}

// samples returns the series of the methods that were used.
func (m *meter) samples(kind contract.Kind) []contract.Sample {
	var out []contract.Sample
	for id := range m.methods {
		c := &m.methods[id]
		if c.calls.Load()+c.refused.Load() == 0 {
			continue
		}
		labels := map[string]string{"kind": string(kind), "method": methodNames[id]}
		out = append(out,
			counter("plugin_rpc_calls_total", "Operations sent to plugins.", labels, float64(c.calls.Load())),
			counter("plugin_rpc_seconds_total", "Time spent in operations of plugins.", labels, time.Duration(c.nanos.Load()).Seconds()),
			counter("plugin_rpc_errors_total", "Operations of plugins that failed.", labels, float64(c.errors.Load())),
			counter("plugin_rpc_refused_total", "Operations that failed at once because the plugin was away or too slow.", labels, float64(c.refused.Load())),
		)
	}
	return out
}

func counter(name, help string, labels map[string]string, value float64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Labels: labels, Value: value}
}

func gauge(name, help string, labels map[string]string, value float64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Gauge, Labels: labels, Value: value}
}
