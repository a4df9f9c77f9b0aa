package apps

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, model := newTable(), map[string]*Handle{}
		handles := []*Handle{{}, {}}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				name, h := aName(t), rapid.SampledFrom(handles).Draw(t, "handle")
				table.put(name, h)
				model[name] = h
			},
			"drop": func(t *rapid.T) {
				name, h := aName(t), rapid.SampledFrom(handles).Draw(t, "handle")
				table.drop(name, h)
				if model[name] == h {
					delete(model, name)
				}
			},
			"": func(t *rapid.T) {
				seen := 0
				table.each(func(name string, h *Handle) {
					seen++
					if model[name] != h || table.get(name) != h {
						t.Fatalf("%q is wrong", name)
					}
				})
				if seen != len(model) || int(table.size.Load()) != len(model) {
					t.Fatalf("%d names, size %d, want %d", seen, table.size.Load(), len(model))
				}
			},
		})
	})
}

func aName(t *rapid.T) string {
	return fmt.Sprint(rapid.IntRange(0, 50).Draw(t, "name"))
}

func TestAbsentIsBounded(t *testing.T) {
	a := newAbsent(5*time.Second, 100)
	for i := range 1000 {
		a.add(fmt.Sprint(i), time.Second)
	}
	if len(a.until) > 100 || len(a.order) > 100 {
		t.Errorf("%d names, %d in order", len(a.until), len(a.order))
	}
	if !a.has("999", 2*time.Second) || a.has("0", 2*time.Second) || a.has("999", 6*time.Second) {
		t.Error("not the newest are kept, or for too long")
	}
	a.add(string(make([]byte, 1000)), time.Second)
	if a.has(string(make([]byte, 1000)), time.Second) {
		t.Error("a long name is remembered")
	}
	for i := range 1000 {
		a.add("again", time.Second)
		a.remove("again")
		if len(a.order) > 100 {
			t.Fatalf("round %d: %d in order", i, len(a.order))
		}
	}
	a.clear()
	if a.has("again", time.Second) || len(a.order) != 0 {
		t.Error("not forgotten")
	}
}
