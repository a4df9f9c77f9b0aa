package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

const recordedCell = 3

var (
	recordedMembers = contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "presence-ä"}
	recordedCount   = contract.StateKey{Kind: contract.StateCount, App: "1:2", Name: "room"}
)

// recordedEpoch is when the clock of these tests stands still.
const recordedEpoch = 946684800000

// joinAs opens the session of a node at the cells of these tests.
func joinAs(t *testing.T, b *bus, node string) contract.AdapterSession {
	t.Helper()
	s, err := b.Open(t.Context(), contract.NodeInfo{
		ID: node, Incarnation: node + "@1", Lease: 10 * time.Second, Cells: busCells, Reads: 1, Writes: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func applied(t *testing.T, s contract.AdapterSession, version uint64, changes ...contract.Change) []contract.ChangeResult {
	t.Helper()
	v, err := s.Apply(t.Context(), contract.ApplyRequest{Cell: recordedCell, Version: version, Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	return v.Results
}

func member(user, info string, present bool) contract.Change {
	return contract.Change{Key: recordedMembers, User: user, Info: []byte(info), Present: present}
}

// writeCell has two nodes hold something, one of which leads, and a third come and go.
func writeCell(t *testing.T, b *bus) {
	t.Helper()
	n1, n2, n3 := joinAs(t, b, "n1"), joinAs(t, b, "n2"), joinAs(t, b, "n3")
	applied(t, n1, 1, member("ann", `{"a":"é"}`, true), member("ben", "", true), contract.Change{Key: recordedCount, Count: 3})
	applied(t, n2, 1, member("ann", `{}`, true), contract.Change{Key: recordedCount, Count: 2})
	applied(t, n1, 2, member("ben", "", false))
	applied(t, n3, 1, contract.Change{Key: recordedCount, Count: 70000})
	if err := n3.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n1.Lead(t.Context(), recordedCell); err != nil {
		t.Fatal(err)
	}
	if err := n1.Advance(t.Context(), recordedCell, contract.Position{Epoch: recordedEpoch, Seq: 2}, false); err != nil {
		t.Fatal(err)
	}
}

// cellOnly leaves out the other cells, which hold the same leases and no more, and
// what belongs to the test.
func cellOnly(all kept) kept {
	some := kept{}
	for name, values := range all {
		if own := regexp.MustCompile(`^v1:(\{3\}:|schema$)`); own.MatchString(name) && name != "v1:{3}:clock" {
			some[name] = values
		}
	}
	return some
}

// historyOf is the id of the history of the server, which stands in each cell.
func historyOf(t *testing.T, b *bus) string {
	t.Helper()
	info := b.commands.Info(t.Context(), "replication").Val()
	found := regexp.MustCompile(`master_replid:([0-9a-f]+)`).FindStringSubmatch(info)
	if found == nil {
		t.Fatalf("no id in %q", info)
	}
	return found[1]
}

// Nodes of all releases keep the same in a cell, and go on with what another has
// left there.
func TestTheRecordedCell(t *testing.T) {
	first := newBus(t, busAt(toStandalone(standalone())))
	onTestClock(t, first, busCells)
	writeCell(t, first)
	wrote := cellOnly(keptUnder(t, first.commands, first.prefix)).replaced(historyOf(t, first), "HISTORY")
	token := regexp.MustCompile(`\\"token\\":\\"[A-Z0-9]+\\"`)
	for _, values := range wrote {
		for i := range values {
			values[i] = token.ReplaceAllString(values[i], `\"token\":\"TOKEN\"`)
		}
	}
	had := recorded(t, "cell.json", wrote)

	b := newBus(t, busAt(toStandalone(standalone())))
	onTestClock(t, b, busCells)
	had.put(t, b.commands, b.prefix, "HISTORY", historyOf(t, b))
	readCell(t, b)
}

// readCell has a node join those that have written the cell, and take over.
func readCell(t *testing.T, b *bus) {
	t.Helper()
	n4 := joinAs(t, b, "n4")
	page, err := n4.Snapshot(t.Context(), recordedCell, "")
	holdings := page.Holdings
	for err == nil && page.Next != "" {
		page, err = n4.Snapshot(t.Context(), recordedCell, page.Next)
		holdings = append(holdings, page.Holdings...)
	}
	if err != nil || page.Position != (contract.Position{Epoch: recordedEpoch, Seq: 8}) {
		t.Fatalf("the cell is at %v: %v", page.Position, err)
	}
	of := map[string]contract.Holding{}
	for _, h := range holdings {
		of[h.Incarnation+" "+h.Key.Name] = h
	}
	info := []byte(`{"a":"é"}`)
	want := map[string]contract.Holding{
		"n1@1 presence-ä": {Key: recordedMembers, User: "ann", Info: info, Incarnation: "n1@1"},
		"n2@1 presence-ä": {Key: recordedMembers, User: "ann", Info: info, Incarnation: "n2@1"},
		"n1@1 room":       {Key: recordedCount, Count: 3, Incarnation: "n1@1"},
		"n2@1 room":       {Key: recordedCount, Count: 2, Incarnation: "n2@1"},
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("what is held (-want +got):\n%s", diff)
	}
	readLog(t, n4)
	if r := applied(t, n4, 1, contract.Change{Key: recordedCount, Count: 4}); r[0].Total != 9 || r[0].First {
		t.Errorf("a count was added as %+v", r[0])
	}
	if _, err := n4.Lead(t.Context(), recordedCell); err == nil {
		t.Error("the leader was not seen")
	}
	for _, dead := range []string{"n1@1", "n2@1"} {
		if err := n4.Retire(t.Context(), dead); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := n4.Lead(t.Context(), recordedCell); err != nil || at != (contract.Position{Epoch: recordedEpoch, Seq: 2}) {
		t.Errorf("the next leader begins at %v, %v", at, err)
	}
	if r := applied(t, n4, 2, member("ann", "", true), contract.Change{Key: recordedCount, Count: 1}); !r[0].First || r[1].Total != 1 {
		t.Errorf("after all others have gone: %+v", r)
	}
}

// readLog looks at the changes that were recorded.
func readLog(t *testing.T, s contract.AdapterSession) {
	t.Helper()
	changes, err := s.Changes(t.Context(), recordedCell, contract.Position{Epoch: recordedEpoch}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %v %d, %v %v %d", c.Seq, c.Incarnation, c.Change.Key.Name, c.Change.User, c.Change.Info,
			c.Change.Present, c.Change.Count, c.Result.First, c.Result.Last, c.Result.Total))
	}
	want := []string{
		`1 n1@1 presence-ä ann {"a":"é"} true 0, true false 1`,
		`2 n1@1 presence-ä ben  true 0, true false 2`,
		`3 n1@1 room   false 3, true false 3`,
		`4 n2@1 presence-ä ann {"a":"é"} true 0, false false 2`,
		`5 n2@1 room   false 2, false false 5`,
		`6 n1@1 presence-ä ben  false 0, false true 1`,
		`7 n3@1 room   false 70000, false false 70005`,
		`8 n3@1 room   false 0, false false 5`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// Where nodes of all releases publish, and in what words.
func TestRecordedWords(t *testing.T) {
	k := newBusKeys("p:", 64)
	for want, got := range map[string]string{
		"p:v1:schema":                k.schema(),
		"p:v1:{3}:meta":              k.meta(3),
		"p:v1:{3}:state":             k.state(3),
		"p:v1:{3}:t:c/app/room":      k.topic(contract.Topic{Cell: 3, Name: "c/app/room"}),
		"18446744073709551615 3:n@1": string(addressed(1<<64-1, "n@1", nil)),
		"7 3:n@1a 1:b":               string(addressed(7, "n@1", []byte("a 1:b"))),
	} {
		if got != want {
			t.Errorf("%q was %q", got, want)
		}
	}
	n, err := parseNews(3, "changes 69:946684800000 7 946684800123 4 0 2\n4:n1@112:m:3:app:room3:ann7:{\"a\":1}")
	want := cellNews{changes: []contract.StateChange{{
		Cell: 3, Epoch: recordedEpoch, Seq: 7, Time: time.UnixMilli(recordedEpoch + 123), Incarnation: "n1@1",
		Change: contract.Change{Key: contract.StateKey{Kind: contract.StatePresence, App: "app", Name: "room"}, User: "ann", Info: []byte(`{"a":1}`), Present: true},
		Result: contract.ChangeResult{Seq: 7, Total: 2},
	}}}
	if diff := cmp.Diff(want, n, cmp.AllowUnexported(cellNews{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if n, err := parseNews(3, "epoch 946684800000"); err != nil || n.epoch != recordedEpoch {
		t.Errorf("a new epoch is read as %v, %v", n, err)
	}
}

// Who is too old or too new for the others is told what to upgrade.
func TestNodesThatDoNotUnderstandEachOther(t *testing.T) {
	b := newBus(t, busAt(toStandalone(standalone())))
	joinAs(t, b, "n1")
	for upgrade, n := range map[string]contract.NodeInfo{
		"upgrade that node first": {Reads: 2, Writes: 2},
		"upgrade this node":       {Reads: 0, Writes: 0},
	} {
		n.ID, n.Incarnation, n.Lease, n.Cells = "n2", "n2@1", 10*time.Second, busCells
		_, err := b.Open(t.Context(), n)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), `but node "n1" reads 1 and writes 1; `+upgrade) {
			t.Errorf("who reads %d and writes %d is told: %v", n.Reads, n.Writes, err)
		}
	}
	// It writes what the others read, until all are new.
	if s, err := b.Open(t.Context(), contract.NodeInfo{ID: "n3", Incarnation: "n3@1", Lease: 10 * time.Second, Cells: busCells, Reads: 2, Writes: 1}); err != nil {
		t.Error(err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
}
