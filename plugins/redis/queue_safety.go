package main

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// replicaWait decides when jobs that were stored are accepted: when a replica
// has confirmed them, or when their server has no replica that could. Where one
// is there and silent they are not accepted: it may be the next master.
type replicaWait struct {
	most   time.Duration // of one wait for a confirmation; 0: nobody waits
	logger hclog.Logger

	mu    sync.Mutex
	found map[string]safety // by address of the server
}

// safety is what a server was found to do for new jobs.
type safety int

const (
	replicated safety = iota // a replica confirms them
	alone                    // it has no replica that is up to date
	unknown                  // none confirms them, and we may not ask whether there is one
)

// newReplicaWait waits where a fail-over is to be expected.
func newReplicaWait(ms int64, mode string, logger hclog.Logger) *replicaWait {
	w := &replicaWait{logger: logger, found: map[string]safety{}}
	if mode != modeStandalone {
		w.most = millis(ms)
	}
	return w
}

// keep stores jobs in a server. errUnconfirmed asks for another try.
func (w *replicaWait) keep(ctx context.Context, m master) (any, error) {
	done, err := m.store(ctx, w.time(ctx, m.addr))
	switch {
	case err != nil:
		return nil, err
	case done.confirmed:
		w.note(m.addr, replicated)
	case done.seen.hidden:
		w.note(m.addr, unknown)
	case done.seen.replaced:
		return nil, errUnconfirmed
	case done.seen.synced:
		w.note(m.addr, replicated)
		return nil, errUnconfirmed
	default:
		w.note(m.addr, alone)
	}
	return done.reply, nil
}

// time returns how long to wait at a server, in whole milliseconds. Where there
// is nobody to wait for, a look at every job shows who comes.
func (w *replicaWait) time(ctx context.Context, addr string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found[addr] == alone {
		return 0
	}
	wait := w.most
	if end, bound := ctx.Deadline(); bound {
		wait = min(wait, time.Until(end)/2) // so that there is time to read what became of it
	}
	return max(wait, time.Millisecond)
}

// note keeps what a server was found to be, and says so if that is news.
func (w *replicaWait) note(addr string, now safety) {
	w.mu.Lock()
	before := w.found[addr]
	w.found[addr] = now
	w.mu.Unlock()
	switch {
	case now == before:
	case now == replicated:
		w.logger.Info("new jobs wait for a replica again", "server", addr)
	case now == alone:
		w.logger.Warn("no replica is up to date; until one is, a fail-over may lose the latest jobs", "server", addr)
	default:
		w.logger.Warn("no replica confirms new jobs, and whether there is one cannot be seen: give the user the right to INFO (+info)", "server", addr)
	}
}

// replication is what a server says of its replicas.
type replication struct {
	synced   bool // at least one is up to date
	replaced bool // it is a replica itself
	hidden   bool // the user may not ask
}

// mostLag is for how many seconds a replica may have been silent that counts as
// up to date. They report every second; Redis itself calls them bad from then on
// (min-replicas-max-lag).
const mostLag = 10

// readReplication reads the section "replication" of INFO.
func readReplication(info string) (r replication) {
	for line := range strings.Lines(info) {
		line = strings.TrimSpace(line)
		r.replaced = r.replaced || line == "role:slave"
		if _, replica, ok := strings.Cut(line, ":ip="); ok {
			r.synced = r.synced || upToDate(replica)
		}
	}
	return r
}

// upToDate reads what a master says of one replica: state=online,offset=1,lag=0.
func upToDate(replica string) bool {
	online, lag := false, mostLag+1
	for field := range strings.SplitSeq(replica, ",") {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "state":
			online = value == "online"
		case "lag":
			if n, err := strconv.Atoi(value); err == nil {
				lag = n
			}
		}
	}
	return online && lag <= mostLag
}
