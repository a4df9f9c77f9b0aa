package adapter

import (
	"errors"
	"time"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/core/internal/replica"
	"github.com/jackfield/jackfield/sdk/contract"
)

// leastWait keeps a machine that always has something to do from taking all the
// time of a processor.
const leastWait = 2 * time.Millisecond

// drive runs the machine until the mailbox is closed.
func (n *Node) drive() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		inputs, more := n.mail.take()
		due := n.round(inputs)
		if !more {
			return
		}
		wait := time.Hour
		if due != 0 {
			wait = max(due-n.now(), leastWait)
		}
		timer.Reset(wait)
		select {
		case <-n.mail.wake:
		case <-timer.C:
		}
	}
}

// round gives inputs to the machine, tells its effects and makes its calls.
func (n *Node) round(inputs []input) (due time.Duration) {
	var told []delivery
	n.mu.Lock()
	for _, in := range inputs {
		in(n.now())
		told = n.collect(told)
	}
	now := n.now()
	n.machine.Tick(now)
	commands := n.machine.Commands(now)
	told = n.collect(told)
	due = n.machine.Due()
	fault := n.machine.Fault()
	n.mu.Unlock()
	for _, tell := range told {
		tell()
	}
	n.reportFault(fault)
	for _, cmd := range commands {
		n.call(cmd)
	}
	return due
}

// delivery tells an effect to whom it concerns; no lock of the node is held.
type delivery func()

// collect turns the effects since the last time into deliveries.
func (n *Node) collect(told []delivery) []delivery {
	for _, e := range n.machine.Effects() {
		if d := n.effect(e); d != nil {
			told = append(told, d)
		}
	}
	return told
}

func (n *Node) effect(e replica.Effect) delivery {
	switch e.Kind {
	case replica.Announced:
		n.told.add(e.Announcement)
		return nil
	case replica.Missed:
		n.counts.missed.Add(1)
		return func() {
			n.opts.Logger.Warn("back ends were perhaps not told of all that came and went: the log of the cluster does not reach back far enough")
		}
	}
	if e.Ticket != nil {
		return func() { e.Ticket.(func(bool))(e.Kind == replica.Admitted) }
	}
	key := channelKey{e.Key.App, e.Key.Name}
	if e.Kind == replica.Totalled {
		return n.totalled(key, e.Total)
	}
	c := n.watched[key]
	if c == nil {
		return n.unwatched(e)
	}
	switch e.Kind {
	case replica.Shown:
		return func() {
			c.Show(pusher.Member{UserID: e.User, Info: e.Info})
			n.opts.People.Changed(key.app, key.name)
		}
	case replica.Hidden:
		return func() {
			c.Hide(e.User)
			n.opts.People.Changed(key.app, key.name)
		}
	case replica.Admitted, replica.Refused:
		return func() { c.Resolve(e.User, e.Kind == replica.Admitted) }
	}
	return nil
}

// unwatched tells that the last member of a channel has gone that has nobody here.
func (n *Node) unwatched(e replica.Effect) delivery {
	if e.Kind == replica.Hidden && n.machine.Cell(cellOf(e.Key.App, e.Key.Name)).Users(e.Key) == 0 {
		return func() { n.opts.People.Changed(e.Key.App, e.Key.Name) }
	}
	return nil
}

// totalled tells a channel of its new number, or who watches users that one of
// them has come or gone.
func (n *Node) totalled(key channelKey, total uint32) delivery {
	if user, ok := pusher.UserOfChannel(key.name); ok {
		was, is := n.online[key], total > 0
		switch {
		case is && !was:
			n.online[key] = true
			here := n.watched[key] != nil
			return func() {
				n.opts.Online.SignedIn(key.app, user)
				if here {
					n.opts.People.SignedIn(key.app, user)
				}
			}
		case was && !is:
			delete(n.online, key)
			return func() {
				n.opts.Online.SignedOut(key.app, user)
				n.opts.People.SignedOut(key.app, user)
			}
		}
		return nil
	}
	if c := n.watched[key]; c != nil {
		return func() { c.Total(int(total)) }
	}
	return nil
}

// reportFault writes one line when the others get out of reach and one when they
// are back.
func (n *Node) reportFault(fault error) {
	switch {
	case errors.Is(fault, replica.ErrNotJoined):
	case fault != nil && !n.away:
		n.away = true
		n.opts.Logger.Warn("the other nodes are out of reach; this one serves its own clients and will make the rest good", "err", fault)
	case fault == nil && n.away:
		n.away = false
		n.opts.Logger.Info("the other nodes are within reach again")
	}
}

// cellOf is the cell of a channel, of a user's channel, or with "" of the quota
// of an app.
func cellOf(app, name string) uint32 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, s := range [2]string{app, name} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		h = h * prime // between app and name
	}
	h ^= h >> 32
	return uint32(h % cells)
}

func presenceKey(app, name string) contract.StateKey {
	return contract.StateKey{Kind: contract.StatePresence, App: app, Name: name}
}

func countKey(app, name string) contract.StateKey {
	return contract.StateKey{Kind: contract.StateCount, App: app, Name: name}
}
