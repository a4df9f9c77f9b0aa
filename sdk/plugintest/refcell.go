package plugintest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// refCell is one cell of a ReferenceBus: pure state, guarded by the bus.
type refCell struct {
	epoch, seq uint64
	presence   map[contract.StateKey]map[string]*refMember // by key and user
	counts     map[contract.StateKey]map[string]uint32     // by key and incarnation
	applied    map[string]refApplied                       // by incarnation
	log        []refEntry                                  // the last changes
	leader     string                                      // incarnation that leads, or led
	cursor     contract.Position
}

// refLogLimit is how many changes a cell keeps at most; a driver keeps at least 10 000.
const refLogLimit = 10_000

// refEntry is a change in the log and what it took the place of.
type refEntry struct {
	told   contract.StateChange
	before contract.Holding // Count is 1 for a user that was held
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

// holding is what an incarnation holds of a key; Count is 1 for a user.
func (c *refCell) holding(incarnation string, key contract.StateKey, user string) contract.Holding {
	h := contract.Holding{Key: key, User: user, Incarnation: incarnation}
	if key.Kind == contract.StateCount {
		h.Count = c.counts[key][incarnation]
		return h
	}
	if m := c.presence[key][user]; m != nil && m.holders[incarnation] {
		h.Info, h.Count = m.info, 1
	}
	return h
}

// holdings are all of them, in a fixed order.
func (c *refCell) holdings() []contract.Holding {
	var held []contract.Holding
	for key, users := range c.presence {
		for user, m := range users {
			for incarnation := range m.holders {
				held = append(held, contract.Holding{Key: key, User: user, Info: bytes.Clone(m.info), Incarnation: incarnation})
			}
		}
	}
	for key, counts := range c.counts {
		for incarnation, n := range counts {
			held = append(held, contract.Holding{Key: key, Incarnation: incarnation, Count: n})
		}
	}
	slices.SortFunc(held, func(a, b contract.Holding) int { return cmp.Compare(placeOf(a), placeOf(b)) })
	return held
}

// release takes all that an incarnation holds, in a fixed order.
func (c *refCell) release(incarnation string, record func(contract.Change, contract.Holding, contract.ChangeResult)) {
	for _, h := range c.holdings() {
		if h.Incarnation == incarnation {
			c.change(incarnation, contract.Change{Key: h.Key, User: h.User}, record)
		}
	}
	delete(c.applied, incarnation)
}

// change executes a change and has it recorded if it took place.
func (c *refCell) change(incarnation string, ch contract.Change, record func(contract.Change, contract.Holding, contract.ChangeResult)) contract.ChangeResult {
	before := c.holding(incarnation, ch.Key, ch.User)
	res := c.set(incarnation, ch)
	if res.Seq != 0 {
		record(ch, before, res)
	}
	return res
}

// page returns a page of holdings. The cursor is the epoch and the last holding
// of the page before, so that what comes and goes meanwhile moves nothing.
func (c *refCell) page(cursor string, size int) (contract.CellPage, error) {
	page := contract.CellPage{Position: contract.Position{Epoch: c.epoch, Seq: c.seq}}
	all := c.holdings()
	if cursor != "" {
		epoch, last, ok := strings.Cut(cursor, "/")
		if !ok || epoch != fmt.Sprint(c.epoch) {
			return page, fmt.Errorf("cursor %q has grown too old: %w", cursor, contract.ErrNotFound)
		}
		all = all[sort.Search(len(all), func(i int) bool { return placeOf(all[i]) > last }):]
	}
	page.Holdings = all[:min(size, len(all))]
	if len(all) > size {
		page.Next = fmt.Sprint(c.epoch, "/", placeOf(all[size-1]))
	}
	return page, nil
}

// placeOf is the place of a holding in the order of pages.
func placeOf(h contract.Holding) string {
	return strings.Join([]string{fmt.Sprint(h.Key.Kind), h.Key.App, h.Key.Name, h.User, h.Incarnation}, "\x00")
}

// changes returns entries of the log.
func (c *refCell) changes(after contract.Position, limit int) ([]contract.StateChange, error) {
	if after.Epoch != c.epoch || after.Seq > c.seq || c.seq-after.Seq > uint64(len(c.log)) {
		return nil, fmt.Errorf("the log of the cell does not reach back to %v: %w", after, contract.ErrNotFound)
	}
	rest := c.log[len(c.log)-int(c.seq-after.Seq):]
	var told []contract.StateChange
	for _, e := range rest[:min(limit, len(rest))] {
		told = append(told, e.told)
	}
	return told, nil
}

// rewind undoes the changes since a moment. A new epoch begins.
func (c *refCell) rewind(to time.Time) *refCell {
	for len(c.log) > 0 && c.log[len(c.log)-1].told.Time.After(to) {
		h := c.log[len(c.log)-1].before
		c.set(h.Incarnation, contract.Change{Key: h.Key, User: h.User, Info: h.Info, Present: h.Count > 0, Count: h.Count})
		c.log = c.log[:len(c.log)-1]
	}
	c.epoch, c.seq, c.log = c.epoch+1, 0, nil
	clear(c.applied)
	return c
}
