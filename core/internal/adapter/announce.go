package adapter

import (
	"sync"
	"time"

	"github.com/jackfield/jackfield/core/internal/replica"
)

// announcements wait to be handed over to the webhooks. Each cell lets no more
// than a thousand wait.
type announcements struct {
	wake chan struct{}
	mu   sync.Mutex
	all  []*replica.Announcement
}

// handOverCount is how many are handed over in one call.
const handOverCount = 256

func (a *announcements) add(one *replica.Announcement) {
	a.mu.Lock()
	a.all = append(a.all, one)
	a.mu.Unlock()
	poke(a.wake)
}

func (a *announcements) take() []*replica.Announcement {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(len(a.all), handOverCount)
	some := a.all[:n:n]
	if a.all = a.all[n:]; len(a.all) == 0 {
		a.all = nil
	}
	return some
}

// handOver hands announcements over until the node stops, and tells the cells.
// What it does not get done another leader does.
func (n *Node) handOver() {
	for n.ctx.Err() == nil {
		some := n.told.take()
		if len(some) == 0 {
			n.wait(n.told.wake, nil, 0)
			continue
		}
		if n.opts.Webhooks.Report(n.ctx, some) != nil {
			return
		}
		n.mail.post(func(now time.Duration) {
			for _, a := range some {
				n.machine.Cell(a.Cell).HandedOver(now, a.Term, 1, a.Cursor)
			}
		})
	}
}
