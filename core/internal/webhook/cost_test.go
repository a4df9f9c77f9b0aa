package webhook

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Apps without webhooks, and servers without any, pay for a look-up at most.
func TestNothingIsSpentOnAppsWithoutWebhooks(t *testing.T) {
	inWorld(t, []*contract.App{app()}, nil, func(w *world) {
		for name, s := range map[string]*Sink{"no webhooks": w.sink, "no queue": nil} {
			allocs := testing.AllocsPerRun(100, func() {
				s.Occupied("a", "x")
				s.MemberRemoved("a", "presence-x", "7")
				s.SubscriptionCount("a", "x", 1)
				s.ClientEvent("a", "x", "client-e", "{}", "1.2", "")
			})
			if allocs != 0 {
				t.Errorf("%s: %v allocations", name, allocs)
			}
		}
	})
}
