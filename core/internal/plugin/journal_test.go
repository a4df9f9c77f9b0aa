package plugin

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// history is what the journal of the faulty plugin's disk queue tells.
type history struct {
	stored map[string][]string // ids by group, in the order stored
	ended  map[string][]string // likewise those done or dead, in the order of their ends
	calls  map[string]int      // by name
	jobs   int                 // all ended
}

func readHistory(t *testing.T, dir string) history {
	t.Helper()
	h := history{stored: map[string][]string{}, ended: map[string][]string{}, calls: map[string]int{}}
	f, err := os.Open(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	groups := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r struct {
			Op, ID string
			Job    contract.Job
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return h // it is being written
		}
		switch g := groups[r.ID]; r.Op {
		case "add":
			groups[r.ID] = r.Job.GroupKey
			h.stored[r.Job.GroupKey] = append(h.stored[r.Job.GroupKey], r.ID)
		case "ack", "dead":
			h.ended[g] = append(h.ended[g], r.ID)
			h.jobs++
		case "call":
			h.calls[r.ID]++
		}
	}
	return h
}

// arm has the disk queue do something when it comes to a place, once.
func arm(t *testing.T, dir, place, action string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, place), []byte(action), 0o600); err != nil {
		t.Fatal(err)
	}
}

// struck is whether what was armed has happened.
func struck(dir, place string) bool {
	_, err := os.Stat(filepath.Join(dir, place))
	return os.IsNotExist(err)
}

// judge compares what was accepted, by group in order, with what became of it.
func (h history) judge(t *testing.T, accepted, begun map[string][]string) {
	t.Helper()
	if diff := cmp.Diff(accepted, h.stored); diff != "" {
		t.Errorf("stored otherwise than accepted (-accepted +stored):\n%s", diff)
	}
	if diff := cmp.Diff(accepted, h.ended); diff != "" {
		t.Errorf("done otherwise than accepted (-accepted +done):\n%s", diff)
	}
	if diff := cmp.Diff(accepted, begun); diff != "" {
		t.Errorf("handed over otherwise than accepted (-accepted +handed over):\n%s", diff)
	}
	for call, n := range h.calls {
		if limit := 4*h.jobs + 20; n > limit {
			t.Errorf("%d calls of %s for %d jobs", n, call, h.jobs)
		}
	}
}
