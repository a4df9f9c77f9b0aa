package session

import (
	"testing"

	"pgregory.net/rapid"
)

// Every session is checked in the second in which it is due, as long as the
// wheel is advanced every second, and at the next advance otherwise.
func TestSessionsAreCheckedWhenDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w wheel
		now := int64(1000)
		due := map[*Session]int64{}
		check := func(s *Session, at int64) int64 {
			if due[s] > at {
				t.Fatalf("checked at %d, due at %d", at, due[s])
			}
			due[s] = at + 1 + int64(rapid.IntRange(0, 600).Draw(t, "next"))
			return due[s]
		}
		w.advance(now, check)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				s := &Session{}
				at := now + int64(rapid.IntRange(-300, 600).Draw(t, "due"))
				w.add(s, at)
				due[s] = max(at, now+1)
			},
			"remove": func(t *rapid.T) {
				for s := range due {
					w.remove(s)
					w.remove(s)
					delete(due, s)
					return
				}
			},
			"advance": func(t *rapid.T) {
				now += int64(rapid.IntRange(1, 700).Draw(t, "seconds"))
				w.advance(now, check)
			},
			"": func(t *rapid.T) {
				n := 0
				w.each(func(s *Session) {
					n++
					if due[s] <= now {
						t.Fatalf("not checked: due at %d, now %d", due[s], now)
					}
				})
				if n != len(due) {
					t.Fatalf("%d sessions in the wheel, want %d", n, len(due))
				}
			},
		})
	})
}
