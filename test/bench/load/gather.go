//go:build linux

package load

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Crowd says what clients to gather.
type Crowd struct {
	Addr   string
	App    App
	Secure bool
	// Narrow clients leave the kernel hardly any room for what they do not read.
	Narrow bool
	// Size is how many there are, Channels what each subscribes to.
	Size     int
	Channels func(i int) []string
}

// What Gather does at once: each of some workers takes its sockets through the
// steps in groups, so that the server always has work and nobody waits for one
// answer at a time.
const (
	gatherWorkers = 4
	gatherGroup   = 32
)

// Gather connects and subscribes a crowd. On an error nobody stays connected.
func Gather(c Crowd) ([]*Socket, error) {
	sockets := make([]*Socket, c.Size)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, gatherWorkers)
	for w := range gatherWorkers {
		wg.Go(func() {
			for errs[w] == nil {
				from := int(next.Add(gatherGroup)) - gatherGroup
				if from >= c.Size {
					return
				}
				errs[w] = c.group(sockets[from:min(from+gatherGroup, c.Size)], from)
			}
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if err != nil {
		Disperse(sockets)
		return nil, fmt.Errorf("gather %d clients: %w", c.Size, err)
	}
	return sockets, nil
}

// Disperse closes the sockets; nil ones are allowed.
func Disperse(sockets []*Socket) {
	for _, s := range sockets {
		if s != nil {
			s.Close()
		}
	}
}

// group takes sockets, the first of which has the number from, through the steps.
func (c *Crowd) group(sockets []*Socket, from int) (err error) {
	for i := range sockets {
		if sockets[i], err = c.dial(); err != nil {
			return err
		}
	}
	for i, s := range sockets {
		if err := s.Established(); err != nil {
			return err
		}
		if err := s.Subscribe(c.App, c.Channels(from+i)...); err != nil {
			return err
		}
	}
	for i, s := range sockets {
		if err := s.Subscribed(len(c.Channels(from + i))); err != nil {
			return err
		}
	}
	return nil
}

// Resubscribe has sockets, already subscribed to channel, leave it and come back
// for a while. It returns how often one came back.
func Resubscribe(sockets []*Socket, app App, channel string, length time.Duration) (int64, error) {
	end := time.Now().Add(length)
	var times atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, gatherWorkers)
	for w := range gatherWorkers {
		mine := sockets[len(sockets)*w/gatherWorkers : len(sockets)*(w+1)/gatherWorkers]
		messages := make([][2][]byte, len(mine))
		for i, s := range mine {
			messages[i] = [2][]byte{UnsubscribeMessage(channel), SubscribeMessage(app, s.ID, channel)}
		}
		wg.Go(func() {
			for errs[w] == nil && time.Now().Before(end) {
				errs[w] = there(mine, messages)
				times.Add(int64(len(mine)))
			}
		})
	}
	wg.Wait()
	return times.Load(), errors.Join(errs...)
}

// there sends each socket's messages and waits until all are subscribed.
func there(sockets []*Socket, messages [][2][]byte) error {
	for i, s := range sockets {
		if err := s.Send(messages[i][:]...); err != nil {
			return err
		}
	}
	for _, s := range sockets {
		if err := s.Subscribed(1); err != nil {
			return err
		}
	}
	return nil
}
