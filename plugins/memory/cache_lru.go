package main

import (
	"math"
	"time"
)

// lru is a table of values with room for max entries: when it is full, the
// entry that was used longest ago makes place. It has no lock and no clock;
// now is the time since some beginning, the same for all calls.
//
// Entries live in slots, linked by number from newest to oldest. An entry keeps
// its slot until it is removed, which is what makes a scan by slot number see
// every entry that stays. ttlcache, the usual library for this, offers neither
// compare-and-set nor counting under its lock, nor pages.
type lru struct {
	max   int
	slots []slot // slot 0 holds no entry; it ties the ends of the list together
	index map[string]int32
	free  int32 // first unused slot, linked by older; 0 if there is none

	bytes            int64 // keys and values
	evicted, expired uint64
}

type slot struct {
	key          string
	value        []byte // nil in an unused slot
	ends         time.Duration
	newer, older int32
}

// never is the end of an entry that stays until it is removed.
const never time.Duration = math.MaxInt64

func newLRU(most int) lru {
	return lru{max: most, slots: make([]slot, 1), index: map[string]int32{}}
}

// len returns the number of entries, those past their time included that
// nothing has come across yet.
func (l *lru) len() int { return len(l.index) }

// find returns the slot of key, or 0 if it is absent or past its time.
func (l *lru) find(key string, now time.Duration) int32 {
	i, ok := l.index[key]
	if ok && l.slots[i].ends <= now {
		l.remove(i)
		l.expired++
		return 0
	}
	return i
}

// use is find, and makes the entry the newest.
func (l *lru) use(key string, now time.Duration) int32 {
	i := l.find(key, now)
	if i != 0 {
		l.unlink(i)
		l.pushFront(i)
	}
	return i
}

// put stores value, which must not be nil, and makes it the newest entry.
func (l *lru) put(key string, value []byte, ends time.Duration) {
	i, ok := l.index[key]
	if ok {
		l.unlink(i)
	} else {
		if len(l.index) >= l.max {
			l.remove(l.slots[0].newer)
			l.evicted++
		}
		i = l.take()
		l.slots[i].key = key
		l.index[key] = i
		l.bytes += int64(len(key))
	}
	s := &l.slots[i]
	l.bytes += int64(len(value) - len(s.value))
	s.value, s.ends = value, ends
	l.pushFront(i)
}

// sweep removes what is past its time from up to n slots, beginning at slot
// from, and returns the slot to go on with; 0 at the end.
func (l *lru) sweep(from, n int, now time.Duration) int {
	end := min(from+n, len(l.slots))
	for i := from; i < end; i++ {
		if s := &l.slots[i]; s.value != nil && s.ends <= now {
			l.remove(int32(i))
			l.expired++
		}
	}
	if end == len(l.slots) {
		return 0
	}
	return end
}

// delete removes key and reports whether it was there and in its time.
func (l *lru) delete(key string, now time.Duration) bool {
	i := l.find(key, now)
	if i != 0 {
		l.remove(i)
	}
	return i != 0
}

func (l *lru) remove(i int32) {
	s := &l.slots[i]
	l.unlink(i)
	delete(l.index, s.key)
	l.bytes -= int64(len(s.key) + len(s.value))
	*s = slot{older: l.free}
	l.free = i
}

// take returns an unused slot.
func (l *lru) take() int32 {
	if i := l.free; i != 0 {
		l.free = l.slots[i].older
		return i
	}
	l.slots = append(l.slots, slot{})
	return int32(len(l.slots) - 1)
}

func (l *lru) unlink(i int32) {
	s := &l.slots[i]
	l.slots[s.newer].older = s.older
	l.slots[s.older].newer = s.newer
}

// pushFront makes i the newest. Slot 0 stands before the newest and behind the
// oldest: its older is the newest entry, its newer the oldest.
func (l *lru) pushFront(i int32) {
	second := l.slots[0].older
	l.slots[i].newer, l.slots[i].older = 0, second
	l.slots[second].newer = i
	l.slots[0].older = i
}
