// Package metrics counts what the server does and shows it to Prometheus. It is
// the only package that knows Prometheus.
//
// Begin with New, which makes a Registry. The parts of the server then work on
// three kinds of things:
//
//   - Counters: Registry.App returns the AppCounters of one app, a struct of
//     atomic numbers. Count with app.WSMessagesSent.Add(n) or
//     app.ClientEvents[metrics.EventAccepted].Add(1): no lock, no allocation, no
//     string. Whoever handles many messages in one go should add once for all.
//   - Histograms: plain arrays of atomic buckets. Registry.NewDeliveryLag gives
//     each shard one of its own, so that cores do not fight over a cache line;
//     they are merged when somebody asks.
//   - Gauges: nobody counts up and down. What is connected or occupied right now
//     is asked of the live tables at the scrape, through the small interfaces
//     Tables and SampleSource, which the wiring hands over.
//
// Registry.Handler serves it all. Labels are app ids and short fixed lists, never
// channels, users or sockets. An app that is idle and without connections for an
// hour is not shown until it is used again.
//
// Everything here may be used by several goroutines at once.
package metrics
