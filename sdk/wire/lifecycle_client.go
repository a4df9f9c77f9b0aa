package wire

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/grpc"

	"github.com/jackfield/jackfield/sdk/contract"
	pb "github.com/jackfield/jackfield/sdk/wire/backendv1"
)

// Lifecycle is the client of what every plugin serves. Its methods need a
// context with a deadline, except Health.
type Lifecycle struct{ api pb.LifecycleClient }

// NewLifecycle returns a client of the plugin behind cc.
func NewLifecycle(cc grpc.ClientConnInterface) *Lifecycle {
	return &Lifecycle{api: pb.NewLifecycleClient(cc)}
}

// Description is what a plugin says of itself.
type Description struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	// SDK names the library the plugin was built with, such as "go/1.0".
	SDK string `json:"sdk"`
	// Protocol is the minor version.
	Protocol uint32              `json:"protocol"`
	Drivers  []DriverDescription `json:"drivers"`
	Limits   Limits              `json:"limits"`
}

// DriverDescription is one driver that a plugin offers.
type DriverDescription struct {
	Kind contract.Kind `json:"kind"`
	Name string        `json:"name"`
	// Capabilities are those known before the driver is open; Configure
	// returns the whole.
	Capabilities []contract.Capability `json:"capabilities,omitempty"`
	// Schema is the JSON Schema (2020-12) of the options.
	Schema json.RawMessage `json:"schema,omitempty"`
	// Stateful: what the driver holds ends with its process.
	Stateful bool `json:"stateful,omitempty"`
}

// Limits are a plugin's bounds.
type Limits struct {
	MaxMessage  uint32 `json:"max_message"`
	MaxInFlight uint32 `json:"max_in_flight"`
}

// Describe asks what the plugin is.
func (l *Lifecycle) Describe(ctx context.Context) (Description, error) {
	resp, err := l.api.Describe(ctx, &pb.DescribeRequest{})
	if err != nil {
		return Description{}, fromStatus(err)
	}
	d := Description{
		Name: resp.Name, Version: resp.Version, Commit: resp.Commit, SDK: resp.Sdk, Protocol: resp.Protocol,
		Limits: Limits{MaxMessage: resp.GetLimits().GetMaxMessage(), MaxInFlight: resp.GetLimits().GetMaxInFlight()},
	}
	for _, info := range resp.Drivers {
		d.Drivers = append(d.Drivers, DriverDescription{
			Kind: contract.Kind(info.Kind), Name: info.Name, Capabilities: toCapabilities(info.Capabilities),
			Schema: json.RawMessage(info.Schema), Stateful: info.Stateful,
		})
	}
	return d, nil
}

// Configuration says which driver to open, and how.
type Configuration struct {
	Kind   contract.Kind
	Driver string
	// Options is a JSON object; nil means no options.
	Options json.RawMessage
	NodeID  string
}

// Configure opens a driver and returns its capabilities. At most one driver of
// a kind is open: ErrConflict otherwise. Wrong options are OptionErrors.
func (l *Lifecycle) Configure(ctx context.Context, c Configuration) ([]contract.Capability, error) {
	resp, err := l.api.Configure(ctx, &pb.ConfigureRequest{
		Kind: string(c.Kind), Driver: c.Driver, Options: c.Options, NodeId: c.NodeID,
	})
	if err != nil {
		return nil, fromStatus(err)
	}
	if err := fromFailure(resp.Failure); err != nil {
		return nil, err
	}
	return toCapabilities(resp.Capabilities), nil
}

func toCapabilities(names []string) []contract.Capability {
	caps := make([]contract.Capability, len(names))
	for i, n := range names {
		caps[i] = contract.Capability(n)
	}
	return caps
}

// Drain ends hand-overs and waits until nothing is under way, at most for the
// deadline. It reports whether nothing was left.
func (l *Lifecycle) Drain(ctx context.Context, deadline time.Duration) (complete bool, err error) {
	resp, err := l.api.Drain(ctx, &pb.DrainRequest{DeadlineMs: toMillis(deadline)})
	return resp.GetComplete(), fromStatus(err)
}

// SetLogLevel sets what is logged: trace, debug, info, warn, error or off.
func (l *Lifecycle) SetLogLevel(ctx context.Context, level string) error {
	_, err := l.api.SetLogLevel(ctx, &pb.SetLogLevelRequest{Level: level})
	return fromStatus(err)
}

// BackendSample is a sample of the driver of a kind.
type BackendSample struct {
	Backend contract.Kind
	contract.Sample
}

// Metrics returns the series of the open drivers.
func (l *Lifecycle) Metrics(ctx context.Context) ([]BackendSample, error) {
	resp, err := l.api.Metrics(ctx, &pb.MetricsRequest{})
	if err != nil {
		return nil, fromStatus(err)
	}
	samples := make([]BackendSample, len(resp.Samples))
	for i, s := range resp.Samples {
		samples[i] = BackendSample{Backend: contract.Kind(s.Backend), Sample: contract.Sample{
			Name: s.Name, Help: s.Help, Labels: s.Labels, Value: s.Value,
		}}
		if s.Kind == pb.SampleKind_SAMPLE_KIND_COUNTER {
			samples[i].Kind = contract.Counter
		}
	}
	return samples, nil
}
