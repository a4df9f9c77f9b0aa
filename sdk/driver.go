package sdk

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Driver is one driver of a plugin. The functions named after the kinds make it.
type Driver struct {
	kind         contract.Kind
	name         string
	schema       json.RawMessage
	capabilities []contract.Capability
	open         func(ctx context.Context, options json.RawMessage, env Env) (any, error)
}

// Env is what a driver gets to know of its surroundings.
type Env struct {
	// Logger writes to the server's log. Its level may change at any time. A test
	// that opens a driver by itself gives one, such as hclog.NewNullLogger().
	Logger hclog.Logger
	// NodeID names the server's node.
	NodeID string
}

// AppManagerDriver makes a driver of kind app_manager.
//
// C is a struct with the options, its fields named by json tags and described
// by jsonschema tags; if *C has a method Defaults(), it is called before the
// options of the configuration are decoded. An option that C does not have, or
// that has another type, is refused; what else must hold open checks itself,
// and returns OptionErrors. open returns a driver that is ready, or ready to
// reach its backend; its context ends when it took too long. What the returned
// type implements is declared to the server; name beside it what no interface
// shows.
func AppManagerDriver[C any, D contract.AppManager](name string, open func(context.Context, C, Env) (D, error), has ...Capability) Driver {
	return newDriver(contract.KindAppManager, name, open, has)
}

// CacheDriver makes a driver of kind cache, as AppManagerDriver says.
func CacheDriver[C any, D contract.Cache](name string, open func(context.Context, C, Env) (D, error), has ...Capability) Driver {
	return newDriver(contract.KindCache, name, open, has)
}

// QueueDriver makes a driver of kind queue, as AppManagerDriver says.
func QueueDriver[C any, D contract.Queue](name string, open func(context.Context, C, Env) (D, error), has ...Capability) Driver {
	return newDriver(contract.KindQueue, name, open, has)
}

// RateLimiterDriver makes a driver of kind rate_limiter, as AppManagerDriver says.
func RateLimiterDriver[C any, D contract.RateLimiter](name string, open func(context.Context, C, Env) (D, error), has ...Capability) Driver {
	return newDriver(contract.KindRateLimiter, name, open, has)
}

// AdapterDriver makes a driver of kind adapter, as AppManagerDriver says.
func AdapterDriver[C any, D contract.Adapter](name string, open func(context.Context, C, Env) (D, error), has ...Capability) Driver {
	return newDriver(contract.KindAdapter, name, open, has)
}

func newDriver[C, D any](kind contract.Kind, name string, open func(context.Context, C, Env) (D, error), has []Capability) Driver {
	var driver D
	return Driver{
		kind: kind, name: name,
		schema:       schemaOf[C](),
		capabilities: append(wire.Capabilities(kind, driver), has...),
		open: func(ctx context.Context, options json.RawMessage, env Env) (any, error) {
			c, err := decodeOptions[C](options)
			if err != nil {
				return nil, err
			}
			d, err := open(ctx, c, env)
			if err != nil {
				return nil, err
			}
			return d, nil
		},
	}
}

// offer is the driver as the wire knows it.
func (d Driver) offer(logger hclog.Logger) wire.Driver {
	return wire.Driver{
		Kind: d.kind, Name: d.name, Schema: d.schema, Capabilities: d.capabilities,
		Open: func(ctx context.Context, options json.RawMessage, nodeID string) (any, error) {
			return d.open(ctx, options, Env{Logger: logger.With("kind", string(d.kind), "driver", d.name), NodeID: nodeID})
		},
	}
}
