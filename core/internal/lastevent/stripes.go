package lastevent

import (
	"context"
	"hash/maphash"
	"slices"

	"github.com/jackfield/jackfield/core/internal/hub"
)

// stripes are locks, one of which stands for many channels. They keep the order
// of a channel's events the same in the cache and in the hub.
type stripes struct {
	seed  maphash.Seed
	locks []chan struct{}
}

const stripeCount = 1024

func newStripes() stripes {
	s := stripes{seed: maphash.MakeSeed(), locks: make([]chan struct{}, stripeCount)}
	for i := range s.locks {
		s.locks[i] = make(chan struct{}, 1)
	}
	return s
}

// lock takes the locks of all cache channels in msgs, always in the same order.
// It returns those that it got, and whether these are all before ctx ended.
func (s *stripes) lock(ctx context.Context, appID string, msgs []hub.Message) (held []int, all bool) {
	var wanted []int
	for i := range msgs {
		if msgs[i].Cache {
			wanted = append(wanted, s.of(appID, msgs[i].Channel))
		}
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	for i, n := range wanted {
		select {
		case s.locks[n] <- struct{}{}:
		case <-ctx.Done():
			return wanted[:i], false
		}
	}
	return wanted, true
}

func (s *stripes) unlock(held []int) {
	for _, n := range held {
		<-s.locks[n]
	}
}

func (s *stripes) of(appID, channel string) int {
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(appID)
	h.WriteByte(0)
	h.WriteString(channel)
	return int(h.Sum64() % stripeCount)
}
