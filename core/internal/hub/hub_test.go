package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/core/internal/frame"
	"github.com/jackfield/jackfield/core/internal/pusher"
)

// recorder is a sink that keeps the payloads of all frames and counts writes.
type recorder struct {
	got    []string
	writes int
}

func (r *recorder) Send(b []byte) {
	r.writes++
	for len(b) > 0 {
		n := frame.Size(b)
		r.got = append(r.got, string(b[frame.HeaderLen(n-2):n]))
		b = b[n:]
	}
}

func (r *recorder) take() []string {
	got := r.got
	r.got, r.writes = nil, 0
	return got
}

// bench is a hub whose workers run only when told.
type bench struct {
	*Hub
	now time.Duration
	ids uint64
}

func newBench(shards int) *bench {
	b := &bench{now: time.Hour}
	b.Hub = New(Options{Shards: shards, LogBytes: 1 << 20, LogAge: 2 * time.Second, Now: func() time.Duration { return b.now }})
	return b
}

// work lets all workers finish.
func (b *bench) work() {
	for _, s := range b.shards {
		s.mu.Lock()
		for len(s.ready) > 0 {
			s.serve()
		}
		s.mu.Unlock()
	}
}

func (b *bench) client(app string) (*Subscriber, *recorder) {
	b.ids++
	r := &recorder{}
	id, _ := pusher.ParseSocketID(fmt.Sprintf("1.%d", b.ids))
	return b.App(app).NewSubscriber(id, r, b.NextShard()), r
}

func kind(name string) pusher.Channel {
	k, err := pusher.ParseChannel(name, 0)
	if err != nil {
		panic(err)
	}
	return k
}

func msg(channel, payload string) Message {
	return Message{Channel: channel, Frame: frame.AppendText(nil, []byte(payload))}
}

func (b *bench) publish(t testing.TB, app string, msgs ...Message) {
	t.Helper()
	if err := b.TryPublish(app, msgs); err != nil {
		t.Fatal(err)
	}
}

func mustJoin(t testing.TB, s *Subscriber, channel string) *Membership {
	t.Helper()
	m, err := s.Join(kind(channel), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func ack(channel string) string { return string(pusher.AppendSubscriptionSucceeded(nil, channel)) }

func TestMessagesBetweenJoinAndLeaveArriveInOrder(t *testing.T) {
	b := newBench(2)
	s, r := b.client("app")
	other, _ := b.client("app")
	mustJoin(t, other, "room")
	b.publish(t, "app", msg("room", "before"))
	m := mustJoin(t, s, "room")
	b.publish(t, "app", msg("room", "1"), msg("room", "2"))
	b.publish(t, "app", msg("elsewhere", "x"), msg("room", "3"))
	m.Leave()
	b.publish(t, "app", msg("room", "after"))
	b.work()
	if diff := cmp.Diff([]string{ack("room"), "1", "2", "3"}, r.take()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWaitsIsJoinedIntoOneWrite(t *testing.T) {
	b := newBench(2)
	s, r := b.client("app")
	mustJoin(t, s, "room")
	mustJoin(t, s, "other")
	b.work()
	r.take()
	var want []string
	for i := range 10 {
		b.publish(t, "app", msg("room", fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	b.publish(t, "app", msg("other", "x"))
	b.work()
	if r.writes != 1 {
		t.Errorf("%d writes, want 1", r.writes)
	}
	if diff := cmp.Diff(append(want, "x"), r.take()); diff != "" {
		t.Error(diff)
	}
}

func TestTheExcludedSocketGetsOnlyTheRest(t *testing.T) {
	b := newBench(1)
	s, r := b.client("app")
	s2, r2 := b.client("app")
	for _, ch := range []string{"room", "other"} {
		mustJoin(t, s, ch)
		mustJoin(t, s2, ch)
	}
	b.work()
	r.take()
	r2.take()
	secret := msg("room", "not for s")
	secret.Except = s.ID
	b.publish(t, "app", secret)
	b.work()
	if got := r.take(); len(got) != 0 {
		t.Errorf("excluded socket got %q", got)
	}
	b.publish(t, "app", msg("room", "1"), secret, msg("room", "2"), msg("other", "3"))
	b.work()
	if diff := cmp.Diff([]string{"1", "2", "3"}, r.take()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"not for s", "1", "not for s", "2", "3"}, r2.take()); diff != "" {
		t.Error(diff)
	}
}

func TestAFullLogRefusesBeforeAnyShardTookTheMessage(t *testing.T) {
	b := newBench(2)
	var rs []*recorder
	for range 4 {
		s, r := b.client("app")
		mustJoin(t, s, "room")
		rs = append(rs, r)
	}
	lone, _ := b.client("app")
	mustJoin(t, lone, "lone")
	b.work()
	big := string(make([]byte, 600<<10))
	b.publish(t, "app", msg("lone", big))
	if err := b.TryPublish("app", []Message{msg("room", big), msg("lone", big)}); err != ErrFull {
		t.Fatalf("got %v, want ErrFull", err)
	}
	for _, r := range rs {
		r.take()
	}
	b.work()
	for i, r := range rs {
		if len(r.take()) != 0 {
			t.Errorf("subscriber %d got a part of a refused publish", i)
		}
	}
	b.publish(t, "app", msg("room", big), msg("lone", big))
}

func TestALogThatIsTooOldIsFull(t *testing.T) {
	b := newBench(1)
	s, _ := b.client("app")
	mustJoin(t, s, "room")
	b.work()
	b.publish(t, "app", msg("room", "1"))
	b.now += 3 * time.Second
	if err := b.TryPublish("app", []Message{msg("room", "2")}); err != ErrFull {
		t.Fatalf("got %v, want ErrFull", err)
	}
	b.work()
	b.publish(t, "app", msg("room", "2"))
}

func TestAnAppWithManySubscribersLeavesTurnsToOthers(t *testing.T) {
	b := newBench(1)
	for range 1000 {
		s, _ := b.client("big")
		mustJoin(t, s, "room")
	}
	small, r := b.client("small")
	mustJoin(t, small, "room")
	b.work()
	r.take()
	for range 10 {
		b.publish(t, "big", msg("room", "x"))
	}
	b.publish(t, "small", msg("room", "y"))
	s := b.shards[0]
	s.mu.Lock()
	s.serve() // a turn of big
	s.serve() // a turn of small
	s.mu.Unlock()
	if diff := cmp.Diff([]string{"y"}, r.take()); diff != "" {
		t.Error(diff)
	}
}

func TestDeliveryAllocatesNothing(t *testing.T) {
	b := newBench(2)
	for range 100 {
		s := b.App("app").NewSubscriber(pusher.SocketID{}, nothing{}, b.NextShard())
		mustJoin(t, s, "room")
		mustJoin(t, s, "other")
	}
	b.work()
	batch := []Message{msg("room", "1"), msg("room", "2"), msg("other", "3")}
	allocs := testing.AllocsPerRun(100, func() {
		b.publish(t, "app", batch...)
		b.publish(t, "app", batch[:1]...)
		b.work()
	})
	if allocs != 0 {
		t.Errorf("%v allocations per publish and delivery, want 0", allocs)
	}
}

type nothing struct{}

func (nothing) Send([]byte) {}

// The model: every subscriber gets, for each channel, its acknowledgement, then
// the messages published while it was in, all channels together in one order.
func TestEverySubscriberSeesTheModelsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(rapid.IntRange(1, 3).Draw(t, "shards"))
		channels := []string{"a", "b", "c"}
		type peer struct {
			sub  *Subscriber
			rec  *recorder
			in   map[string]*Membership
			want []string
		}
		var peers []*peer
		for range 4 {
			s, r := b.client("app")
			peers = append(peers, &peer{s, r, map[string]*Membership{}, nil})
		}
		n := 0
		publish := func(t *rapid.T) {
			var batch []Message
			except := rapid.SampledFrom(peers).Draw(t, "except")
			for range rapid.IntRange(1, 4).Draw(t, "size") {
				n++
				m := msg(rapid.SampledFrom(channels).Draw(t, "channel"), "")
				m.Frame = frame.AppendText(nil, fmt.Appendf(nil, "%s:%d", m.Channel, n))
				if rapid.Bool().Draw(t, "exclude") {
					m.Except = except.sub.ID
				}
				batch = append(batch, m)
				for _, p := range peers {
					if p.in[m.Channel] != nil && p.sub.ID != m.Except {
						p.want = append(p.want, fmt.Sprintf("%s:%d", m.Channel, n))
					}
				}
			}
			if err := b.TryPublish("app", batch); err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"join or leave": func(t *rapid.T) {
				p, ch := rapid.SampledFrom(peers).Draw(t, "peer"), rapid.SampledFrom(channels).Draw(t, "channel")
				if m := p.in[ch]; m != nil {
					m.Leave()
					delete(p.in, ch)
					return
				}
				m, err := p.sub.Join(kind(ch), nil, 0)
				if err != nil {
					t.Fatal(err)
				}
				p.in[ch] = m
				p.want = append(p.want, ack(ch))
			},
			"publish": publish,
			"work":    func(*rapid.T) { b.work() },
		})
		b.work()
		for i, p := range peers {
			if diff := cmp.Diff(p.want, p.rec.take()); diff != "" {
				t.Fatalf("peer %d: %s", i, diff)
			}
		}
		for _, ch := range channels {
			want := 0
			for _, p := range peers {
				if p.in[ch] != nil {
					want++
				}
			}
			if info, _ := b.Channel("app", ch); info.Subscriptions != want {
				t.Fatalf("%s has %d subscriptions, want %d", ch, info.Subscriptions, want)
			}
		}
	})
}
