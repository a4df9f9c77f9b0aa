package session

// wheelSlots is the number of seconds that the wheel goes round in. What is due
// later is looked at once per round.
const wheelSlots = 256

// wheel holds the sessions of a shard by the second in which they are to be
// checked.
type wheel struct {
	now   int64 // the last second that was advanced to
	begun bool
	slots [wheelSlots][]*Session
}

// wheelPlace is where a session stands in the wheel.
type wheelPlace struct {
	due   int64
	index int32 // in its slot; -1: not in the wheel
}

// add puts s in the wheel, to be checked at second due, or at the next one if that
// is past.
func (w *wheel) add(s *Session, due int64) {
	due = max(due, w.now+1)
	slot := &w.slots[due%wheelSlots]
	s.place = wheelPlace{due: due, index: int32(len(*slot))}
	*slot = append(*slot, s)
}

// remove takes s out, if it is in.
func (w *wheel) remove(s *Session) {
	if s.place.index < 0 {
		return
	}
	slot := &w.slots[s.place.due%wheelSlots]
	last := len(*slot) - 1
	moved := (*slot)[last]
	(*slot)[s.place.index] = moved
	moved.place.index = s.place.index
	(*slot)[last] = nil
	*slot = (*slot)[:last]
	s.place.index = -1
}

// advance checks all sessions that are due up to second now. check returns the
// second of the next check, 0 for none.
func (w *wheel) advance(now int64, check func(*Session, int64) int64) {
	if !w.begun || now-w.now > wheelSlots {
		w.now, w.begun = now-wheelSlots, true
	}
	for w.now < now {
		w.now++
		w.visit(w.now%wheelSlots, now, check)
	}
}

func (w *wheel) visit(slot, now int64, check func(*Session, int64) int64) {
	for i := 0; i < len(w.slots[slot]); {
		s := w.slots[slot][i]
		if s.place.due > now {
			i++
			continue
		}
		w.remove(s)
		if due := check(s, now); due > 0 {
			w.add(s, max(due, now+1)) // not again in this advance, which has not reached now yet
		}
	}
}

// each calls f for every session in the wheel.
func (w *wheel) each(f func(*Session)) {
	for _, slot := range w.slots {
		for _, s := range slot {
			f(s)
		}
	}
}
