package plugintest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// view is what a node knows of the cells from changes alone: the users of
// presence channels and the sums of counts.
type view struct {
	seqs   map[uint32]uint64 // by cell: the last change
	epochs map[uint32]uint64
	users  map[contract.StateKey]map[string]string // info by user
	totals map[contract.StateKey]uint32
}

func newView() *view {
	return &view{
		seqs: map[uint32]uint64{}, epochs: map[uint32]uint64{},
		users: map[contract.StateKey]map[string]string{}, totals: map[contract.StateKey]uint32{},
	}
}

// take adds a change to the view. It fails on one that cannot follow what the
// view knows: out of sequence, a first that is not, a last that is not. Of
// other apps than the given one only the sequence counts.
func (v *view) take(c contract.StateChange, app string) error {
	if last, known := v.seqs[c.Cell]; known && (c.Seq != last+1 || c.Epoch != v.epochs[c.Cell]) {
		return fmt.Errorf("cell %d: change %d of epoch %d came after change %d of epoch %d",
			c.Cell, c.Seq, c.Epoch, last, v.epochs[c.Cell])
	}
	if c.Seq != c.Result.Seq || c.Seq == 0 {
		return fmt.Errorf("cell %d: change %d has the result of change %d", c.Cell, c.Seq, c.Result.Seq)
	}
	v.seqs[c.Cell], v.epochs[c.Cell] = c.Seq, c.Epoch
	key := c.Change.Key
	switch {
	case key.App != app:
		return nil
	case key.Kind == contract.StatePresence:
		return v.takeUser(c)
	}
	before := v.totals[key]
	v.totals[key] = c.Result.Total
	if c.Result.First != (before == 0 && c.Result.Total > 0) || c.Result.Last != (before > 0 && c.Result.Total == 0) {
		return fmt.Errorf("change %d takes %v from %d to %d with first %v, last %v",
			c.Seq, key, before, c.Result.Total, c.Result.First, c.Result.Last)
	}
	return nil
}

func (v *view) takeUser(c contract.StateChange) error {
	key, user := c.Change.Key, c.Change.User
	if v.users[key] == nil {
		v.users[key] = map[string]string{}
	}
	info, known := v.users[key][user]
	switch {
	case c.Result.First && known:
		return fmt.Errorf("change %d: %s comes first to %v, and was there", c.Seq, user, key)
	case c.Result.First:
		v.users[key][user] = string(c.Change.Info)
	case c.Result.Last && !known:
		return fmt.Errorf("change %d: %s leaves %v last, and was not there", c.Seq, user, key)
	case c.Result.Last:
		delete(v.users[key], user)
	case !known:
		return fmt.Errorf("change %d: %s of %v changes hands, and was not there", c.Seq, user, key)
	case c.Change.Present && string(c.Change.Info) != info:
		return fmt.Errorf("change %d: info of %s is %q, and was %q", c.Seq, user, c.Change.Info, info)
	}
	if int(c.Result.Total) != len(v.users[key]) {
		return fmt.Errorf("change %d: %v has %d users, and the change says %d", c.Seq, key, len(v.users[key]), c.Result.Total)
	}
	return nil
}

// differs tells how a snapshot differs from the view, or returns "".
func (v *view) differs(key contract.StateKey, st keyState) string {
	if key.Kind == contract.StateCount {
		if v.totals[key] != st.Total {
			return fmt.Sprintf("%v: the view has %d, the snapshot %d", key, v.totals[key], st.Total)
		}
		return ""
	}
	var have, want []string
	for user, info := range v.users[key] {
		have = append(have, user+"="+info)
	}
	for user, info := range st.Users {
		want = append(want, user+"="+info)
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) || int(st.Total) != len(st.Users) {
		return fmt.Sprintf("%v: the view has %q, the snapshot %q (total %d)", key, have, want, st.Total)
	}
	return ""
}

// start sets one key of the view to a snapshot.
func (v *view) start(cell uint32, key contract.StateKey, st keyState) {
	v.seqs[cell], v.epochs[cell] = st.Seq, st.Epoch
	v.totals[key] = st.Total
	v.users[key] = maps.Clone(st.Users)
}

// keyState is the state of one key, of all that a cell holds.
type keyState struct {
	Epoch, Seq uint64
	Users      map[string]string // info by user
	Total      uint32
}

// stateOf reads all pages of a cell that does not change meanwhile and adds up
// what they say of a key.
func stateOf(ctx context.Context, s contract.AdapterSession, cell uint32, key contract.StateKey) (keyState, error) {
	st := keyState{Users: map[string]string{}}
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := s.Snapshot(ctx, cell, cursor)
		if err != nil {
			return st, err
		}
		if first {
			st.Epoch, st.Seq = page.Position.Epoch, page.Position.Seq
		}
		for _, h := range page.Holdings {
			if h.Key == key {
				st.Users[h.User] = string(h.Info)
				st.Total += h.Count
			}
		}
		cursor = page.Next
	}
	if key.Kind == contract.StatePresence {
		st.Total = uint32(len(st.Users))
	}
	return st, nil
}
