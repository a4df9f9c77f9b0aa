package wire

import (
	"context"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// HealthState is how a plugin or driver is. Greater is worse.
type HealthState int

// The states.
const (
	// Starting: nothing is open yet.
	Starting HealthState = iota + 1
	// Serving: all is well.
	Serving
	// Degraded: the driver runs, its backend does not answer.
	Degraded
	// NotServing: the plugin drains or was closed.
	NotServing
)

// String returns the state as it is shown to operators.
func (s HealthState) String() string {
	switch s {
	case Starting:
		return "starting"
	case Serving:
		return "serving"
	case Degraded:
		return "degraded"
	case NotServing:
		return "not serving"
	default:
		return "unknown"
	}
}

// Heartbeat is how often a Health stream speaks although nothing has changed.
const Heartbeat = 10 * time.Second

// Health is the state of a plugin.
type Health struct {
	// State is the worst of the drivers' states.
	State   HealthState
	Reason  string
	Drivers []DriverHealth
}

// DriverHealth is the state of one open driver.
type DriverHealth struct {
	Kind   contract.Kind
	State  HealthState
	Reason string
}

// Health calls report with the state of the plugin: at once, at every change,
// and each Heartbeat. It returns when ctx ends, the stream breaks, or report
// fails, with the reason.
func (l *Lifecycle) Health(ctx context.Context, report func(Health) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := l.api.Health(ctx, &pb.HealthRequest{})
	if err != nil {
		return fromStatus(err)
	}
	for {
		resp, err := stream.Recv()
		if err != nil {
			return fromStatus(err)
		}
		h := Health{State: HealthState(resp.State), Reason: resp.Reason}
		for _, d := range resp.Drivers {
			h.Drivers = append(h.Drivers, DriverHealth{
				Kind: contract.Kind(d.Kind), State: HealthState(d.State), Reason: d.Reason,
			})
		}
		if err := report(h); err != nil {
			return err
		}
	}
}
