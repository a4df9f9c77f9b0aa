package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// modelMaster is a server with a replica in any state, without a network. What
// it stores while its replica keeps up, and confirms, is on the replica.
type modelMaster struct {
	online, acks, hidden, demoted, dead bool

	stored, copied int           // jobs
	waited         time.Duration // by the last call
}

func (m *modelMaster) master() master {
	return master{"a:1", func(_ context.Context, wait time.Duration) (stored, error) {
		m.stored, m.waited = m.stored+1, wait
		switch {
		case m.dead: // between the answer to the script and that to WAIT
			return stored{}, errUnconfirmed
		case wait > 0 && m.online && m.acks:
			m.copied = m.stored
			return stored{confirmed: true}, nil
		case m.hidden:
			return stored{seen: replication{hidden: true}}, nil
		}
		return stored{seen: replication{synced: m.online && !m.demoted, replaced: m.demoted}}, nil
	}}
}

// However a replica comes, goes and hangs: a job is accepted if the replica has
// it, or if at that time there was none that could.
func TestWhatIsAcceptedIsAsSafeAsItsServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &modelMaster{}
		w := newReplicaWait(500, modeCluster, hclog.NewNullLogger())
		change := func(what string, b *bool) func(*rapid.T) {
			return func(t *rapid.T) { *b = rapid.Bool().Draw(t, what) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"online": change("online", &m.online), "acks": change("acks", &m.acks),
			"demoted": change("demoted", &m.demoted), "dead": change("dead", &m.dead),
			"enqueue": func(t *rapid.T) {
				_, err := w.keep(t.Context(), m.master())
				safe := m.copied == m.stored
				switch {
				case err == nil && !safe && (m.online || m.demoted || m.dead):
					t.Fatalf("accepted, but not on the replica: %+v", m)
				case err != nil && !errors.Is(err, errUnconfirmed):
					t.Fatal(err)
				case err != nil && !m.online && !m.demoted && !m.dead:
					t.Fatalf("refused where nobody is to be waited for: %+v", m)
				}
			},
		})
	})
}

// A server without a replica holds nobody up; the first job after one came waits.
func TestNobodyWaitsWhereNoReplicaIs(t *testing.T) {
	m := &modelMaster{acks: true}
	w := newReplicaWait(500, modeSentinel, hclog.NewNullLogger())
	enqueue := func(accepted bool, waited time.Duration) {
		t.Helper()
		_, err := w.keep(t.Context(), m.master())
		if (err == nil) != accepted || m.waited != waited {
			t.Fatalf("%v after %v; want it to be accepted: %v, after %v", err, m.waited, accepted, waited)
		}
	}
	enqueue(true, 500*time.Millisecond)
	enqueue(true, 0)
	m.online = true
	enqueue(false, 0) // it was stored without waiting: once more
	enqueue(true, 500*time.Millisecond)
	m.acks = false
	enqueue(false, 500*time.Millisecond)
	m.hidden = true
	enqueue(true, 500*time.Millisecond)
	enqueue(true, 500*time.Millisecond)
}

// A wait leaves half of the call's time for what comes after it.
func TestAWaitEndsBeforeItsCall(t *testing.T) {
	w := newReplicaWait(60_000, modeCluster, hclog.NewNullLogger())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if d := w.time(ctx, "a:1"); d > 30*time.Second {
		t.Errorf("it waits for %v of a minute", d)
	}
	ended, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if d := w.time(ended, "a:1"); d != time.Millisecond {
		t.Errorf("without time it waits for %v; 0 would be for ever", d)
	}
}

func TestReplicationIsReadFromInfo(t *testing.T) {
	for name, c := range map[string]struct {
		info string
		want replication
	}{
		"none":     {"role:master\r\nconnected_slaves:0\r\n", replication{}},
		"in time":  {"role:master\r\nslave0:ip=127.0.0.1,port=1,state=online,offset=0,lag=10\r\n", replication{synced: true}},
		"silent":   {"role:master\r\nslave0:ip=127.0.0.1,port=1,state=online,offset=9,lag=11\r\n", replication{}},
		"loading":  {"role:master\r\nslave0:ip=::1,port=1,state=send_bulk,offset=0,lag=0\r\n", replication{}},
		"no lag":   {"role:master\r\nslave0:ip=::1,port=1,state=online,offset=0\r\n", replication{}},
		"one of 2": {"slave0:ip=a,port=1,state=wait_bgsave,offset=0,lag=0\r\nslave1:ip=b,port=1,state=online,offset=5,lag=1,type=main\r\n", replication{synced: true}},
		"replica":  {"role:slave\r\nmaster_link_status:up\r\nconnected_slaves:0\r\n", replication{replaced: true}},
	} {
		if got := readReplication(c.info); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func FuzzReplicationOfInfo(f *testing.F) {
	f.Add("role:master\r\nslave0:ip=127.0.0.1,port=1,state=online,offset=0,lag=0\r\n")
	f.Fuzz(func(t *testing.T, info string) {
		if r := readReplication(info); r.hidden {
			t.Errorf("%q: %+v", info, r)
		}
	})
}

// A job whose server had a replica that hangs is refused, and what to do is said.
func TestAHangingReplicaIsNamed(t *testing.T) {
	c := &client{options: connectionOptions{Addresses: []string{"a:1"}}}
	if err := c.explain(errUnconfirmed); !errors.Is(err, contract.ErrUnavailable) || !errors.Is(err, errUnconfirmed) {
		t.Error(err)
	}
}
