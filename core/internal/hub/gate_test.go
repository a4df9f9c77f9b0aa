package hub

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/core/internal/frame"
)

func event(channel string, id uint64) Message {
	m := msg(channel, fmt.Sprint(id))
	m.ID = id
	return m
}

func mustGate(t testing.TB, s *Subscriber, channel string) *Membership {
	t.Helper()
	m, err := s.JoinGated(kind(channel), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheCachedEventComesBetweenAcknowledgementAndMessages(t *testing.T) {
	cached := event("cache-a", 5)
	for _, c := range []struct {
		name          string
		before, after []Message
		want          []string
	}{
		{"nothing else", nil, nil, []string{"5"}},
		{"newer ones meanwhile", []Message{event("cache-a", 6), msg("cache-a", "client")}, nil, []string{"5", "6", "client"}},
		{"itself meanwhile", []Message{event("cache-a", 5), event("cache-a", 6)}, nil, []string{"5", "6"}},
		{"itself after another", []Message{event("cache-a", 4), event("cache-a", 5)}, nil, []string{"4", "5"}},
		{"itself under way", nil, []Message{event("cache-a", 5), event("cache-a", 6)}, []string{"5", "6"}},
		{"itself under way behind another", []Message{event("cache-a", 4)}, []Message{event("cache-a", 5)}, []string{"4", "5"}},
		{"itself again after another", nil, []Message{event("cache-a", 4), event("cache-a", 5)}, []string{"5", "4", "5"}},
	} {
		b := newBench(2)
		s, r := b.client("app")
		m := mustGate(t, s, "cache-a")
		b.work()
		for _, msg := range c.before {
			b.publish(t, "app", msg)
			b.work()
		}
		if got := r.take(); len(got) > 0 {
			t.Errorf("%s: got %q before the gate opened", c.name, got)
		}
		m.Open(cached.Frame, cached.ID)
		b.publish(t, "app", c.after...)
		b.work()
		if diff := cmp.Diff(append([]string{ack("cache-a")}, c.want...), r.take()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestAFullGateOpensWithoutTheCachedEvent(t *testing.T) {
	for _, size := range []int{1, gateBytes / 4} {
		b := newBench(1)
		s, r := b.client("app")
		m := mustGate(t, s, "cache-a")
		want := []string{ack("cache-a")}
		for range gateMessages + 2 {
			payload := strings.Repeat("x", size)
			want = append(want, payload)
			b.publish(t, "app", msg("cache-a", payload))
			b.work()
			if r.writes > 1 {
				break
			}
		}
		m.Open(event("cache-a", 1).Frame, 1)
		b.work()
		if diff := cmp.Diff(want, r.take()); diff != "" {
			t.Errorf("size %d: lost or doubled: %d frames wanted", size, len(want))
		}
	}
}

func TestLeavingThroughAShutGate(t *testing.T) {
	b := newBench(1)
	s, r := b.client("app")
	other, _ := b.client("app")
	m := mustGate(t, s, "cache-a")
	mustGate(t, other, "cache-a").Open(nil, 0)
	b.work()
	m.Leave()
	b.publish(t, "app", msg("cache-a", "x"))
	b.work()
	if got := r.take(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if info, _ := b.Channel("app", "cache-a"); info.Subscriptions != 1 {
		t.Errorf("%d subscriptions", info.Subscriptions)
	}
}

// One node: events are stored and then published in one order, and a reader may
// look at any moment between joining and opening. Every subscriber gets each
// event since the one that it began with exactly once, in order.
func TestNoEventIsLostOrDoubledAtTheGate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(rapid.IntRange(1, 2).Draw(t, "shards"))
		type peer struct {
			rec  *recorder
			m    *Membership
			read uint64
			done bool
			from uint64 // last event published when it joined
		}
		var peers []*peer
		var stored, published uint64
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				s, r := b.client("app")
				m, err := s.JoinGated(kind("cache-a"), nil, 0)
				if err != nil {
					t.Fatal(err)
				}
				peers = append(peers, &peer{rec: r, m: m, from: published})
			},
			"store": func(*rapid.T) {
				if stored == published {
					stored++
				}
			},
			"publish": func(t *rapid.T) {
				if stored > published {
					published = stored
					if err := b.TryPublish("app", []Message{event("cache-a", published)}); err != nil {
						t.Fatal(err)
					}
				}
			},
			"open": func(t *rapid.T) {
				if len(peers) == 0 {
					return
				}
				p := rapid.SampledFrom(peers).Draw(t, "peer")
				if p.done {
					return
				}
				p.done, p.read = true, stored
				var f []byte
				if stored > 0 {
					f = frame.AppendText(nil, fmt.Append(nil, stored))
				}
				p.m.Open(f, stored)
			},
			"work": func(*rapid.T) { b.work() },
		})
		if stored > published {
			if err := b.TryPublish("app", []Message{event("cache-a", stored)}); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range peers {
			if !p.done {
				p.m.Open(nil, 0)
			}
		}
		b.work()
		for i, p := range peers {
			first := p.from + 1
			if p.done && p.read == p.from && p.read > 0 {
				first = p.from
			}
			want := []string{ack("cache-a")}
			for n := first; n <= stored; n++ {
				want = append(want, fmt.Sprint(n))
			}
			got := p.rec.take()
			// An older cached event may come before those that came meanwhile.
			if p.done && len(got) > 1 && got[1] == fmt.Sprint(p.from) && first != p.from {
				got = slices.Delete(got, 1, 2)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("peer %d (joined after %d, read %d): %s", i, p.from, p.read, diff)
			}
		}
	})
}
