package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// Three hundred clients on three nodes, who come and go in the same few channels,
// many of them as one of few users, so that joins and leaves cross: in the end,
// and at every step of every client's own list, all is as it can be.
func TestChurn(t *testing.T) {
	const (
		clients  = 300
		watchers = 30 // stay, and keep the lists
		rounds   = 8
	)
	w := start(t, 3, nil)
	channels := []string{"presence-a", "presence-b"}
	for i := range clients {
		c := w.connect(i % 3)
		if i < watchers {
			for _, ch := range channels {
				c.enter(ch, fmt.Sprint("watcher", i))
			}
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	truth := map[string]map[string]int{} // channel, user: clients
	note := func(channel, user string, by int) {
		mu.Lock()
		defer mu.Unlock()
		if truth[channel] == nil {
			truth[channel] = map[string]int{}
		}
		truth[channel][user] += by
	}
	for i, c := range w.clients[watchers:] {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(i)))
			for round := range rounds {
				channel := channels[dice.IntN(len(channels))]
				user := fmt.Sprint("user", dice.IntN(40))
				if dice.IntN(3) == 0 {
					user = "flapper" // one user, on all nodes at once
				}
				c.enter(channel, user)
				w.until("an answer", func() bool { return c.in(channel) })
				if round == rounds-1 && i%2 == 0 {
					note(channel, user, 1)
					continue
				}
				c.leave(channel)
			}
		})
	}
	wg.Wait()
	for _, ch := range channels {
		var users []string
		for i := range watchers {
			users = append(users, fmt.Sprint("watcher", i))
		}
		for user, n := range truth[ch] {
			if n > 0 {
				users = append(users, user)
			}
		}
		w.agree(ch, users...)
		slices.Sort(users)
		w.settled(ch, users...)
	}
	if n := w.hooks.told.Again(); n > 0 {
		t.Logf("%d announcements came again", n)
	}
}
