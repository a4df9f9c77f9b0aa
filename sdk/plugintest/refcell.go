package plugintest

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// refCell is one cell of a ReferenceBus: pure state, guarded by the bus.
type refCell struct {
	epoch, seq uint64
	presence   map[contract.StateKey]map[string]*refMember // by key and user
	counts     map[contract.StateKey]map[string]uint32     // by key and incarnation
	applied    map[string]refApplied                       // by incarnation
}

// refMember is a user with the incarnations that hold it.
type refMember struct {
	info    []byte
	holders map[string]bool
}

// refApplied is the last Apply of an incarnation.
type refApplied struct {
	version uint64
	verdict contract.Verdict
}

// refChange is a change that took place.
type refChange struct {
	change contract.Change
	result contract.ChangeResult
}

func newRefCell(epoch uint64) *refCell {
	return &refCell{
		epoch:    epoch,
		presence: map[contract.StateKey]map[string]*refMember{},
		counts:   map[contract.StateKey]map[string]uint32{},
		applied:  map[string]refApplied{},
	}
}

// total is the number of users, or the sum of counts, of a key.
func (c *refCell) total(key contract.StateKey) uint32 {
	if key.Kind == contract.StatePresence {
		return uint32(len(c.presence[key]))
	}
	var sum uint32
	for _, n := range c.counts[key] {
		sum += n
	}
	return sum
}

// set executes one change of an incarnation.
func (c *refCell) set(incarnation string, ch contract.Change) contract.ChangeResult {
	var res contract.ChangeResult
	if ch.Key.Kind == contract.StatePresence {
		res = c.setUser(incarnation, ch)
	} else {
		res = c.setCount(incarnation, ch)
	}
	res.Total = c.total(ch.Key)
	return res
}

func (c *refCell) setUser(incarnation string, ch contract.Change) contract.ChangeResult {
	users := c.presence[ch.Key]
	member := users[ch.User]
	switch {
	case ch.Present == (member != nil && member.holders[incarnation]):
		return contract.ChangeResult{}
	case !ch.Present:
		delete(member.holders, incarnation)
		last := len(member.holders) == 0
		if last {
			delete(users, ch.User)
		}
		return contract.ChangeResult{Seq: c.next(), Last: last}
	case member != nil:
		member.holders[incarnation] = true
		return contract.ChangeResult{Seq: c.next()}
	case ch.Limit > 0 && uint32(len(users)) >= ch.Limit:
		return contract.ChangeResult{Refused: true}
	}
	if users == nil {
		users = map[string]*refMember{}
		c.presence[ch.Key] = users
	}
	users[ch.User] = &refMember{info: bytes.Clone(ch.Info), holders: map[string]bool{incarnation: true}}
	return contract.ChangeResult{Seq: c.next(), First: true}
}

func (c *refCell) setCount(incarnation string, ch contract.Change) contract.ChangeResult {
	counts := c.counts[ch.Key]
	before, mine := c.total(ch.Key), counts[incarnation]
	after := before - mine + ch.Count
	switch {
	case ch.Count == mine:
		return contract.ChangeResult{}
	case ch.Limit > 0 && ch.Count > mine && after > ch.Limit:
		return contract.ChangeResult{Refused: true}
	case counts == nil:
		counts = map[string]uint32{}
		c.counts[ch.Key] = counts
	}
	counts[incarnation] = ch.Count
	if ch.Count == 0 {
		delete(counts, incarnation)
	}
	return contract.ChangeResult{Seq: c.next(), First: before == 0, Last: after == 0}
}

func (c *refCell) next() uint64 {
	c.seq++
	return c.seq
}

// info returns what is kept of a user.
func (c *refCell) info(key contract.StateKey, user string) []byte {
	if m := c.presence[key][user]; m != nil {
		return m.info
	}
	return nil
}

// release takes all that an incarnation holds, in a fixed order.
func (c *refCell) release(incarnation string) []refChange {
	var held []contract.Change
	for key, users := range c.presence {
		for user, m := range users {
			if m.holders[incarnation] {
				held = append(held, contract.Change{Key: key, User: user})
			}
		}
	}
	for key, counts := range c.counts {
		if counts[incarnation] > 0 {
			held = append(held, contract.Change{Key: key})
		}
	}
	slices.SortFunc(held, func(a, b contract.Change) int {
		return cmp.Or(cmp.Compare(a.Key.Kind, b.Key.Kind), cmp.Compare(a.Key.App, b.Key.App),
			cmp.Compare(a.Key.Name, b.Key.Name), cmp.Compare(a.User, b.User))
	})
	done := make([]refChange, len(held))
	for i, ch := range held {
		done[i] = refChange{ch, c.set(incarnation, ch)}
	}
	delete(c.applied, incarnation)
	return done
}

// snapshot returns the state of one key.
func (c *refCell) snapshot(key contract.StateKey) contract.CellState {
	st := contract.CellState{Epoch: c.epoch, Seq: c.seq, Total: c.total(key)}
	users := c.presence[key]
	for _, user := range slices.Sorted(maps.Keys(users)) {
		st.Members = append(st.Members, contract.Member{User: user, Info: bytes.Clone(users[user].info)})
	}
	return st
}
