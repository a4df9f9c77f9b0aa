package metrics

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// collector turns the numbers of a Registry into Prometheus metrics.
type collector struct {
	registry *Registry
	prefix   string
	port     string
	own      map[string]*prometheus.Desc

	mu sync.Mutex // one scrape at a time
}

func newCollector(r *Registry, prefix string, port int) *collector {
	c := &collector{registry: r, prefix: prefix, port: strconv.Itoa(port), own: map[string]*prometheus.Desc{}}
	for _, s := range appCounters {
		c.describeApp(s.name, s.help, s.labels...)
	}
	c.describeApp(nameConnected, "Connections open now.")
	c.describeApp(nameActiveChannels, "Occupied channels now.", "channel_type")
	c.describeApp(namePresenceMembers, "Users in presence channels now.")
	c.describeApp(nameLogBytes, "Bytes that wait in the logs to be delivered now.")
	c.describeApp(nameParkedBytes, "Bytes parked now on connections that do not read fast enough.")
	c.describeApp(nameBroadcast, "Milliseconds from a message's append to its last write.",
		"channel_type", "recipient_count_bucket")
	c.describe(nameDeliveryLag, "Seconds from a message's append to its write.")
	c.describe(nameWebhookDelivery, "Seconds of one webhook request.")
	c.describe(nameCacheHits, "Look-ups in the cache that found something.", "driver")
	c.describe(nameCacheMisses, "Look-ups in the cache that found nothing.", "driver")
	c.describe(nameCacheOperations, "Operations of the cache.", "driver", "op", "result")
	return c
}

func (c *collector) describeApp(name, help string, labels ...string) {
	c.describe(name, help, append([]string{"app_id", "port"}, labels...)...)
}

func (c *collector) describe(name, help string, labels ...string) {
	c.own[name] = prometheus.NewDesc(c.prefix+name, help, labels, nil)
}

// Describe sends nothing: the series of samples are not known beforehand.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends everything there is to see now.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gauges := c.registry.gauges()
	for id, counters := range c.registry.live(gauges) {
		c.collectApp(out, id, counters)
		if _, ok := gauges[id]; !ok && id != "" {
			gauges[id] = AppGauges{}
		}
	}
	for id, g := range gauges {
		c.collectGauges(out, id, g)
	}
	c.collectTimes(out)
	c.collectCaches(out)
	c.collectSamples(out)
}

func (c *collector) collectApp(out chan<- prometheus.Metric, id string, counters *AppCounters) {
	for _, s := range appCounters {
		desc := c.own[s.name]
		s.each(counters, func(n *Count, values ...string) {
			v := n.Load()
			if v == 0 && len(values) > 0 {
				return
			}
			labels := append([]string{id, c.port}, values...)
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(v), labels...)
		})
	}
	for t := range counters.broadcasts {
		for b := range counters.broadcasts[t] {
			if h := counters.broadcasts[t][b].Load(); h != nil {
				out <- c.histogram(nameBroadcast, time.Millisecond, merge(h.bounds, h), h.bounds,
					id, c.port, channelTypeNames[t], recipientBucketNames[b])
			}
		}
	}
}

func (c *collector) collectGauges(out chan<- prometheus.Metric, id string, g AppGauges) {
	gauge := func(name string, v float64, labels ...string) {
		labels = append([]string{id, c.port}, labels...)
		out <- prometheus.MustNewConstMetric(c.own[name], prometheus.GaugeValue, v, labels...)
	}
	gauge(nameConnected, float64(g.Connected))
	gauge(namePresenceMembers, float64(g.PresenceMembers))
	gauge(nameLogBytes, float64(g.LogBytes))
	gauge(nameParkedBytes, float64(g.ParkedBytes))
	for t, n := range g.ActiveChannels {
		if n != 0 {
			gauge(nameActiveChannels, float64(n), channelTypeNames[t])
		}
	}
}

func (c *collector) collectTimes(out chan<- prometheus.Metric) {
	if lags := c.registry.deliveryLags(); len(lags) > 0 {
		out <- c.histogram(nameDeliveryLag, time.Second, merge(lagBounds, lags...), lagBounds)
	}
	if requests := c.registry.webhookDeliveries(); len(requests) > 0 {
		out <- c.histogram(nameWebhookDelivery, time.Second, merge(deliveryBounds, requests...), deliveryBounds)
	}
}

// histogram shows a snapshot with durations in the given unit.
func (c *collector) histogram(name string, unit time.Duration, s snapshot, bounds []time.Duration, labels ...string) prometheus.Metric {
	buckets := make(map[float64]uint64, len(bounds))
	for i, bound := range bounds {
		buckets[float64(bound)/float64(unit)] = s.buckets[i]
	}
	return prometheus.MustNewConstHistogram(c.own[name], s.count, float64(s.sum)/float64(unit), buckets, labels...)
}

func (c *collector) collectCaches(out chan<- prometheus.Metric) {
	counter := func(name string, n *Count, labels ...string) {
		out <- prometheus.MustNewConstMetric(c.own[name], prometheus.CounterValue, float64(n.Load()), labels...)
	}
	for _, cache := range c.registry.countedCaches() {
		counter(nameCacheHits, &cache.hits, cache.driver)
		counter(nameCacheMisses, &cache.misses, cache.driver)
		for op := range cache.ops {
			for result := range cache.ops[op] {
				if n := &cache.ops[op][result]; n.Load() > 0 {
					counter(nameCacheOperations, n, cache.driver, cacheOpNames[op], cacheResultNames[result])
				}
			}
		}
	}
}
