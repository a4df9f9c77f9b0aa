package main

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// modelTable answers the statements of a poller.
type modelTable struct {
	database
	rows   map[string]uint64 // revision by id
	recent map[string]bool   // changed within reach of the statement lately
}

func (m *modelTable) query(_ context.Context, statement string, _ ...any) ([]row, error) {
	var rows []row
	switch statement {
	case "count":
		return []row{{"n": strconv.Itoa(len(m.rows))}}, nil
	case "all", "lately":
		for id, revision := range m.rows {
			if statement == "all" || m.recent[id] {
				rows = append(rows, row{columnID: id, columnRevision: fmt.Sprint(revision)})
			}
		}
		return rows, nil
	}
	return nil, fmt.Errorf("unknown statement %s", statement)
}

// Whatever happens to the rows between two looks, each row that is not what it
// was is told, and nothing else.
func TestAPollerTellsJustWhatHasChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := &modelTable{rows: map[string]uint64{"a": 1, "b": 1}, recent: map[string]bool{}}
		told := map[string]contract.AppChange{}
		p := poller{db: table, say: statements{count: "count", all: "all", lately: "lately"}, tell: func(c contract.AppChange) { told[c.ID] = c }}
		if err := p.thorough(context.Background()); err != nil {
			t.Fatal(err)
		}
		before := maps.Clone(table.rows)
		revision, ids := uint64(1), rapid.SampledFrom([]string{"a", "b", "c", "d"})
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				id := ids.Draw(t, "id")
				revision++
				table.rows[id], table.recent[id] = revision, true
			},
			"delete": func(t *rapid.T) { delete(table.rows, ids.Draw(t, "id")) },
			"look": func(t *rapid.T) {
				if err := p.look(context.Background()); err != nil {
					t.Fatal(err)
				}
				wantTold(t, told, before, table.rows)
				before = maps.Clone(table.rows)
				clear(told)
			},
			"time passes": func(t *rapid.T) {
				if err := p.thorough(context.Background()); err != nil {
					t.Fatal(err)
				}
				wantTold(t, told, before, table.rows)
				before = maps.Clone(table.rows)
				clear(told)
				clear(table.recent)
			},
		})
	})
}

func wantTold(t *rapid.T, told map[string]contract.AppChange, before, after map[string]uint64) {
	for _, id := range []string{"a", "b", "c", "d"} {
		was, had := before[id]
		is, has := after[id]
		c, heard := told[id]
		switch {
		case had == has && was == is:
			if heard {
				t.Fatalf("%s: told %+v, and nothing has changed", id, c)
			}
		case !has && !c.Deleted, has && (c.Deleted || c.Revision != is):
			t.Fatalf("%s: told %+v, from revision %d (there: %v) to %d (there: %v)", id, c, was, had, is, has)
		}
	}
}
