package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// cutting kills connections to all masters, one kind after the other, until ctx
// ends.
func cutting(ctx context.Context, b *bus) {
	for i := 0; sleep(ctx, 100*time.Millisecond); i++ {
		kind := []string{"pubsub", "normal"}[i%2]
		_ = b.commands.forEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			return node.Do(ctx, "CLIENT", "KILL", "TYPE", kind).Err()
		})
	}
}

// TestBusKeepsTheOrderOfAPublisher has one node say numbers while connections
// are cut: another hears some of them, in their order, none twice.
func TestBusKeepsTheOrderOfAPublisher(t *testing.T) {
	for name, topology := range topologies {
		t.Run(name, func(t *testing.T) {
			b := newBus(t, busAt(topology()))
			one, two := busPair(t, b, time.Hour)
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			var work sync.WaitGroup
			work.Go(func() { cutting(ctx, b) })
			work.Go(func() {
				for n := 1; ctx.Err() == nil; n++ {
					_ = one.Publish(ctx, []contract.BusMessage{{Topic: busTopic(3, "t"), Body: []byte(strconv.Itoa(n))}})
				}
			})
			last, heard := 0, 0
			for {
				e, err := two.next(ctx)
				if err != nil {
					break
				}
				if e.Message == nil {
					continue
				}
				n, err := strconv.Atoi(string(e.Message.Body))
				if err != nil || n <= last {
					t.Fatalf("heard %q after %d", e.Message.Body, last)
				}
				last, heard = n, heard+1
			}
			work.Wait()
			t.Logf("%d of %d were heard", heard, last)
			two.hearsOnceMore(one, 3, "t")
		})
	}
}

// TestBusHearsWhatIsWantedAfterAStorm has topics wanted and dropped at random
// while connections are cut; in the end what is wanted is heard, and nothing else.
func TestBusHearsWhatIsWantedAfterAStorm(t *testing.T) {
	b := newBus(t, busAt(toStandalone(standalone())))
	one, two := joinBus(t, b, time.Hour), joinBus(t, b, time.Hour)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	const topics = 40
	wanted := make([]bool, topics)
	var work sync.WaitGroup
	work.Go(func() { cutting(ctx, b) })
	for i := range topics {
		work.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(i)))
			topic := []contract.Topic{busTopic(uint32(i%busCells), fmt.Sprint("t", i))}
			for ctx.Err() == nil {
				if wanted[i] = dice.IntN(2) == 0; wanted[i] {
					_ = two.Subscribe(ctx, topic)
				} else {
					_ = two.Unsubscribe(context.WithoutCancel(ctx), topic)
				}
			}
		})
	}
	work.Wait()
	var want []contract.Topic
	for i := range topics {
		if wanted[i] {
			want = append(want, busTopic(uint32(i%busCells), fmt.Sprint("t", i)))
		}
	}
	two.until("Subscribe", func(ctx context.Context) error { return two.Subscribe(ctx, want) })
	two.hearsExactly(one, topics, want)
}

func TestBusWantsAgainWhatRedisWasNotToldToLeave(t *testing.T) {
	b := newBus(t, busAt(toStandalone(standalone())))
	n := joinBus(t, b, time.Hour)
	n.listens("t")
	line := n.AdapterSession.(*busSession).lineOf(3)
	hold := func(on bool) {
		line.mu.Lock()
		defer line.mu.Unlock()
		line.flushing = on // as if something were being sent
	}
	hold(true)
	defer hold(false)
	topic := []contract.Topic{busTopic(3, "t")}
	if err := n.Unsubscribe(patient(t), topic); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := n.Subscribe(ctx, topic); err != nil {
		t.Errorf("Subscribe to what is still subscribed: %v", err)
	}
}

// hearsExactly has from say something in every topic, in those wanted again and
// again, and expects to hear of all of them and of no other.
func (n *busNode) hearsExactly(from *busNode, topics int, want []contract.Topic) {
	n.t.Helper()
	for i := range topics {
		from.says(uint32(i%busCells), fmt.Sprint("t", i), "after the storm")
	}
	missing, wanted := map[contract.Topic]bool{}, map[contract.Topic]bool{}
	for _, topic := range want {
		missing[topic], wanted[topic] = true, true
	}
	for deadline := time.Now().Add(patience); len(missing) > 0; {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		e, err := n.next(ctx)
		cancel()
		switch {
		case err != nil && time.Now().After(deadline):
			n.t.Fatalf("never heard: %v: %v", missing, err)
		case err != nil:
			for topic := range missing {
				from.says(topic.Cell, topic.Name, "once more")
			}
		case e.Message != nil && !wanted[e.Message.Topic]:
			n.t.Fatalf("heard %v, which nobody wants", e.Message.Topic)
		case e.Message != nil:
			delete(missing, e.Message.Topic)
		}
	}
}
