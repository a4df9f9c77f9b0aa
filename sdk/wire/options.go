package wire

import (
	"context"
	"slices"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Mode says how operations travel.
type Mode int

// The modes.
const (
	// Auto is Pipe if the driver has CapPipe, else Batch.
	Auto Mode = iota
	// Unary makes one call per operation.
	Unary
	// Batch makes one call per batch, at most four at a time.
	Batch
	// Pipe sends batches over one stream.
	Pipe
)

// ClientOptions say how a client talks to its driver.
type ClientOptions struct {
	// Capabilities are what Configure returned. Methods that need another
	// return ErrUnsupported without a call.
	Capabilities []contract.Capability
	// Mode is Auto unless tests or measurements want another.
	Mode Mode
	// Timeout is the most that an operation may take, whatever its context
	// says; 0 leaves it to the context. It costs less than a context with a
	// deadline per call, and is met to within an eighth.
	Timeout time.Duration
	// MaxQueued bounds the bytes of operations that were not yet sent; more are
	// refused with ErrOverloaded. 0 means 4 MiB.
	MaxQueued int
}

const defaultMaxQueued = 4 << 20

func (o ClientOptions) has(c contract.Capability) bool { return slices.Contains(o.Capabilities, c) }

// need refuses a method whose capability the driver lacks.
func (o ClientOptions) need(c contract.Capability) error {
	if o.has(c) {
		return nil
	}
	return lacks(c)
}

func (o ClientOptions) mode() Mode {
	if o.Mode != Auto {
		return o.Mode
	}
	if o.has(contract.CapPipe) {
		return Pipe
	}
	return Batch
}

func (o ClientOptions) maxQueued() int {
	if o.MaxQueued > 0 {
		return o.MaxQueued
	}
	return defaultMaxQueued
}

type appKey struct{}

// WithApp names the app on whose behalf operations are made. Clients send the
// operations of several apps in turn, so that no app's crowd holds up another.
// Operations keep the order in which they were made within one app only.
func WithApp(ctx context.Context, appID string) context.Context {
	return context.WithValue(ctx, appKey{}, appID)
}

func appOf(ctx context.Context) string {
	id, _ := ctx.Value(appKey{}).(string)
	return id
}
