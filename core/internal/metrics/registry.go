package metrics

import (
	"net/http"
	"sync"
	"time"
	"weak"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Options say how series are named and how long they live.
type Options struct {
	// Prefix begins the name of every series but those of the process.
	Prefix string
	// Port of the main listener is the label port of the series of apps.
	Port int
	// Retention is how long an app without connections and without any event
	// shows its series; 0 means one hour.
	Retention time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Registry holds all counters of the server.
type Registry struct {
	retention time.Duration
	now       func() time.Time
	gatherer  *prometheus.Registry
	collector *collector

	mu      sync.RWMutex // guards what follows
	apps    map[string]*AppCounters
	hidden  map[string]weak.Pointer[AppCounters] // idle; kept only by others
	lags    []*Histogram
	hooks   []*Histogram
	tables  []Tables
	sources []SampleSource
	caches  []*CountedCache
}

// New makes a Registry without any sources: gauges appear after AddTables,
// series of others after AddSamples.
func New(opts Options) *Registry {
	r := &Registry{
		retention: opts.Retention,
		now:       opts.Now,
		gatherer:  prometheus.NewRegistry(),
		apps:      map[string]*AppCounters{},
		hidden:    map[string]weak.Pointer[AppCounters]{},
	}
	if r.retention == 0 {
		r.retention = time.Hour
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.collector = newCollector(r, opts.Prefix, opts.Port)
	r.gatherer.MustRegister(r.collector,
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector())
	return r
}

// App returns the counters of an app, new ones if it has none; they may be kept.
// Call it only with ids of apps that exist, for each id costs series; "" stands
// for what belongs to no app, such as connections with an unknown key.
func (r *Registry) App(appID string) *AppCounters {
	r.mu.RLock()
	c := r.apps[appID]
	if c != nil && !c.touched.Load() {
		c.touched.Store(true)
	}
	r.mu.RUnlock()
	if c == nil {
		c = r.addApp(appID)
	}
	return c
}

func (r *Registry) addApp(appID string) *AppCounters {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.apps[appID]
	if c == nil {
		c = r.hidden[appID].Value()
	}
	if c == nil {
		c = &AppCounters{}
	}
	c.touched.Store(true)
	delete(r.hidden, appID)
	r.apps[appID] = c
	return c
}

// NewDeliveryLag returns a histogram for the time from append to write, for the
// sole use of one shard. All of them appear as one series.
func (r *Registry) NewDeliveryLag() *Histogram {
	h := newHistogram(lagBounds)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lags = append(r.lags, h)
	return h
}

// NewWebhookDelivery returns a histogram for the time of one webhook request.
// All of them appear as one series.
func (r *Registry) NewWebhookDelivery() *Histogram {
	h := newHistogram(deliveryBounds)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hooks = append(r.hooks, h)
	return h
}

// AddTables names tables to count gauges from. An app in several tables shows their sum.
func (r *Registry) AddTables(t Tables) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables = append(r.tables, t)
}

// AddSamples names a source of further series.
func (r *Registry) AddSamples(s SampleSource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources = append(r.sources, s)
}

// Cache returns inner with its hits, misses and operations counted under the
// label of its driver.
func (r *Registry) Cache(driver string, inner contract.Cache) *CountedCache {
	c := newCountedCache(driver, inner)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caches = append(r.caches, c)
	return c
}

// Handler serves the series in the format that the caller asks for. Faulty
// samples of others are left out; they never spoil the rest.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.gatherer, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
	})
}
