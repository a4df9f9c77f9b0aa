package main

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestTrackTellsGapsAndDropsRepetitions(t *testing.T) {
	var track busTrack
	for _, c := range []struct {
		epoch, seq uint64
		fresh, gap bool
	}{
		{1, 5, true, false}, // the first that comes
		{1, 6, true, false},
		{1, 6, false, false}, // again
		{1, 8, true, true},
		{1, 7, false, false}, // too late
		{3, 0, true, true},   // a new epoch
		{3, 1, true, false},
		{2, 9, false, false}, // of a server that is no master any more
	} {
		fresh, gap := track.step(contract.Position{Epoch: c.epoch, Seq: c.seq})
		if fresh != c.fresh || gap != c.gap {
			t.Errorf("change %d of epoch %d: fresh %v, gap %v", c.seq, c.epoch, fresh, gap)
		}
	}
	track.restart()
	if fresh, gap := track.step(contract.Position{Epoch: 3, Seq: 7}); !fresh || gap {
		t.Errorf("after a restart: fresh %v, gap %v", fresh, gap)
	}
}

func TestTrackLetsEachMessageOfASenderPassOnce(t *testing.T) {
	var track busTrack
	var passed []uint64
	for _, n := range []uint64{1, 2, 2, 1, 5, 4, 6} {
		if track.first("inc", n) {
			passed = append(passed, n)
		}
	}
	if len(passed) != 4 || passed[3] != 6 || !track.first("other", 1) {
		t.Errorf("passed: %v", passed)
	}
}

func TestInboxTellsALossInsteadOfGrowing(t *testing.T) {
	var losses atomic.Uint64
	b := newBusInbox(&losses)
	message := contract.AdapterEvent{Message: &contract.BusMessage{}}
	for range busInboxEvents + 1 {
		b.add(1, message)
	}
	events, err := b.take(t.Context())
	if err != nil || len(events) != 1 || events[0].Lost == nil || events[0].Lost.Cells != nil || losses.Load() != 1 {
		t.Errorf("%d events, the first %+v, %v", len(events), events[0], err)
	}
	for range 3 {
		b.add(busInboxBytes/2+1, message)
	}
	if events, _ := b.take(t.Context()); len(events) != 2 || events[0].Lost == nil || events[1].Message == nil {
		t.Errorf("too many bytes: %+v", events)
	}
}

func TestInboxJoinsLossesOfOneReason(t *testing.T) {
	var losses atomic.Uint64
	b := newBusInbox(&losses)
	b.lost("cut", 3)
	b.lost("cut", 1, 3)
	b.lost("other", 2)
	events, err := b.take(t.Context())
	if err != nil || len(events) != 2 || len(events[0].Lost.Cells) != 2 || events[0].Lost.Cells[0] != 1 {
		t.Errorf("events: %+v, %v", events, err)
	}
}

// TestAStepOfTheServersClockStopsReaping moves the server's clock against ours.
func TestAStepOfTheServersClockStopsReaping(t *testing.T) {
	for what, c := range map[string]struct {
		server time.Duration // what passes there while two seconds pass here
		doubt  bool
	}{
		"none":             {2 * time.Second, false},
		"a little late":    {2900 * time.Millisecond, false},
		"forward by two":   {4 * time.Second, true},
		"backward by five": {-3 * time.Second, true},
	} {
		b := newBus(t, busAt(toStandalone(standalone())))
		clock := onTestClock(t, b, busCells)
		local := clock.Now()
		b.now = func() time.Time { return local }
		const lease = 8 * time.Second
		one, dead := joinBus(t, b, lease), joinBus(t, b, time.Second)
		reaps := func() bool {
			gone, err := one.Reap(patient(t))
			if err != nil {
				t.Fatal(err)
			}
			return len(gone) == 1 && gone[0] == dead.info.Incarnation
		}
		pass := func(server, here time.Duration) {
			clock.Advance(server)
			local = local.Add(here)
			if _, err := one.Renew(patient(t)); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		for range 6 {
			pass(2*time.Second, 2*time.Second)
		}
		pass(c.server, 2*time.Second)
		if got := reaps(); got == c.doubt {
			t.Errorf("%s: reaped: %v", what, got)
		}
		for range 6 {
			pass(2*time.Second, 2*time.Second)
		}
		if c.doubt && !reaps() {
			t.Errorf("%s: nobody is reaped a lease later", what)
		}
	}
}
