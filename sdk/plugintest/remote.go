package plugintest

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/wire"
)

// Kind is contract.KindAppManager.
func (cfg AppManagerConfig) Kind() contract.Kind { return contract.KindAppManager }

func (cfg AppManagerConfig) run(t *testing.T) { AppManager(t, cfg) }

func (cfg AppManagerConfig) over(link linker) Suite {
	open, unreachable := cfg.Open, cfg.Unreachable
	cfg.clients = func(t *testing.T) (contract.AppManager, []contract.Capability) {
		r := link(t, cfg.Kind(), open(t))
		return client(t, wire.NewAppManager, r), r.caps
	}
	if unreachable != nil {
		cfg.Unreachable = func(t *testing.T) contract.AppManager {
			return client(t, wire.NewAppManager, link(t, cfg.Kind(), unreachable(t)))
		}
	}
	return cfg
}

func (cfg AppManagerConfig) of(r remote) Suite {
	inRealTime(&cfg.Advance, &cfg.Bubble)
	cfg.Unreachable = nil
	cfg.clients = func(t *testing.T) (contract.AppManager, []contract.Capability) {
		return client(t, wire.NewAppManager, r), r.caps
	}
	return cfg
}

// Kind is contract.KindCache.
func (cfg CacheConfig) Kind() contract.Kind { return contract.KindCache }

func (cfg CacheConfig) run(t *testing.T) { Cache(t, cfg) }

func (cfg CacheConfig) over(link linker) Suite {
	open := cfg.Open
	cfg.clients = func(t *testing.T) (contract.Cache, []contract.Capability) {
		r := link(t, cfg.Kind(), open(t))
		return client(t, wire.NewCache, r), r.caps
	}
	return cfg
}

func (cfg CacheConfig) of(r remote) Suite {
	inRealTime(&cfg.Advance, &cfg.Bubble)
	cfg.clients = func(t *testing.T) (contract.Cache, []contract.Capability) {
		return client(t, wire.NewCache, r), r.caps
	}
	return cfg
}

// Kind is contract.KindQueue.
func (cfg QueueConfig) Kind() contract.Kind { return contract.KindQueue }

func (cfg QueueConfig) run(t *testing.T) { Queue(t, cfg) }

func (cfg QueueConfig) over(link linker) Suite {
	open := cfg.Open
	cfg.clients = func(t *testing.T) (contract.Queue, []contract.Capability) {
		r := link(t, cfg.Kind(), open(t))
		return client(t, wire.NewQueue, r), r.caps
	}
	return cfg
}

func (cfg QueueConfig) of(r remote) Suite {
	inRealTime(&cfg.Advance, &cfg.Bubble)
	cfg.clients = func(t *testing.T) (contract.Queue, []contract.Capability) {
		return client(t, wire.NewQueue, r), r.caps
	}
	return cfg
}

// Kind is contract.KindRateLimiter.
func (cfg RateLimiterConfig) Kind() contract.Kind { return contract.KindRateLimiter }

func (cfg RateLimiterConfig) run(t *testing.T) { RateLimiter(t, cfg) }

func (cfg RateLimiterConfig) over(link linker) Suite {
	open := cfg.Open
	cfg.clients = func(t *testing.T) (contract.RateLimiter, []contract.Capability) {
		r := link(t, cfg.Kind(), open(t))
		return client(t, wire.NewRateLimiter, r), r.caps
	}
	return cfg
}

func (cfg RateLimiterConfig) of(r remote) Suite {
	inRealTime(&cfg.Advance, &cfg.Bubble)
	cfg.clients = func(t *testing.T) (contract.RateLimiter, []contract.Capability) {
		return client(t, wire.NewRateLimiter, r), r.caps
	}
	return cfg
}

// Kind is contract.KindAdapter.
func (cfg AdapterConfig) Kind() contract.Kind { return contract.KindAdapter }

func (cfg AdapterConfig) run(t *testing.T) { Adapter(t, cfg) }

func (cfg AdapterConfig) over(link linker) Suite {
	open := cfg.Open
	cfg.clients = func(t *testing.T) (contract.Adapter, []contract.Capability) {
		r := link(t, cfg.Kind(), open(t))
		return client(t, wire.NewAdapter, r), r.caps
	}
	return cfg
}

func (cfg AdapterConfig) of(r remote) Suite {
	inRealTime(&cfg.Advance, &cfg.Bubble)
	cfg.clients = func(t *testing.T) (contract.Adapter, []contract.Capability) {
		return client(t, wire.NewAdapter, r), r.caps
	}
	return cfg
}
