package metrics

import (
	"context"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

// tables are gauges by app.
type tables map[string]AppGauges

func (ts tables) EachApp(yield func(string, AppGauges)) {
	for id, g := range ts {
		yield(id, g)
	}
}

// checkSeries compares the series with these names, without prefix, to a text
// whose names begin with "jf_".
func checkSeries(t *testing.T, r *Registry, want string, names ...string) {
	t.Helper()
	for i := range names {
		names[i] = "jf_" + names[i]
	}
	if err := testutil.GatherAndCompare(r.gatherer, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func newTest() *Registry { return New(Options{Prefix: "jf_", Port: 6001}) }

func TestCountersOfAnApp(t *testing.T) {
	r := newTest()
	c := r.App("a")
	c.Connected.Add(3)
	c.Errors[ErrOverQuota].Add(2)
	c.Subscribed[TypeOf(pusher.Channel{Class: pusher.Presence, Cache: true})].Add(4)
	c.Limited(LimitClientEvents, true)
	c.Limited(LimitClientEvents, false)
	c.Limited(LimitBackendEvents, true)
	r.App("").Errors[ErrAppNotFound].Add(1)
	checkSeries(t, r, `
# HELP jf_channel_subscriptions_total Subscriptions to channels.
# TYPE jf_channel_subscriptions_total counter
jf_channel_subscriptions_total{app_id="a",channel_type="presence-cache",port="6001"} 4
# HELP jf_connection_errors_total Connections refused or closed for a fault.
# TYPE jf_connection_errors_total counter
jf_connection_errors_total{app_id="",error_type="app_not_found",port="6001"} 1
jf_connection_errors_total{app_id="a",error_type="over_quota",port="6001"} 2
# HELP jf_new_connections_total Connections that were opened.
# TYPE jf_new_connections_total counter
jf_new_connections_total{app_id="",port="6001"} 0
jf_new_connections_total{app_id="a",port="6001"} 3
# HELP jf_rate_limit_checks_total Checks of a rate limit.
# TYPE jf_rate_limit_checks_total counter
jf_rate_limit_checks_total{app_id="a",limiter_type="backend_events",port="6001",request_context="http"} 1
jf_rate_limit_checks_total{app_id="a",limiter_type="client_events",port="6001",request_context="websocket"} 2
# HELP jf_rate_limit_triggered_total Checks of a rate limit that refused.
# TYPE jf_rate_limit_triggered_total counter
jf_rate_limit_triggered_total{app_id="a",limiter_type="client_events",port="6001",request_context="websocket"} 1
`, "channel_subscriptions_total", "connection_errors_total", "new_connections_total", "rate_limit_checks_total", "rate_limit_triggered_total")
}

func TestGaugesAreCountedAtTheScrape(t *testing.T) {
	r := newTest()
	live := tables{"a": {Connected: 2, PresenceMembers: 5, LogBytes: 10, ParkedBytes: 20}}
	r.AddTables(live)
	r.AddTables(tables{"a": {Connected: 1}, "b": {Connected: 1, ActiveChannels: [channelTypes]int{Private: 3}}})
	r.App("c")
	const head = "# HELP jf_connected Connections open now.\n# TYPE jf_connected gauge\n"
	checkSeries(t, r, head+`
jf_connected{app_id="a",port="6001"} 3
jf_connected{app_id="b",port="6001"} 1
jf_connected{app_id="c",port="6001"} 0
# HELP jf_active_channels Occupied channels now.
# TYPE jf_active_channels gauge
jf_active_channels{app_id="b",channel_type="private",port="6001"} 3
# HELP jf_presence_members Users in presence channels now.
# TYPE jf_presence_members gauge
jf_presence_members{app_id="a",port="6001"} 5
jf_presence_members{app_id="b",port="6001"} 0
jf_presence_members{app_id="c",port="6001"} 0
# HELP jf_parked_bytes Bytes parked now on connections that do not read fast enough.
# TYPE jf_parked_bytes gauge
jf_parked_bytes{app_id="a",port="6001"} 20
jf_parked_bytes{app_id="b",port="6001"} 0
jf_parked_bytes{app_id="c",port="6001"} 0
`, "connected", "active_channels", "presence_members", "parked_bytes")
	delete(live, "a")
	checkSeries(t, r, head+`
jf_connected{app_id="a",port="6001"} 1
jf_connected{app_id="b",port="6001"} 1
jf_connected{app_id="c",port="6001"} 0
`, "connected")
}

func TestHistogramsAreMerged(t *testing.T) {
	r := newTest()
	one, two := r.NewDeliveryLag(), r.NewDeliveryLag()
	one.Observe(100 * time.Microsecond)
	one.ObserveN(3*time.Millisecond, 10)
	two.Observe(time.Hour)
	checkSeries(t, r, `
# HELP jf_delivery_lag_seconds Seconds from a message's append to its write.
# TYPE jf_delivery_lag_seconds histogram
jf_delivery_lag_seconds_bucket{le="0.0001"} 1
jf_delivery_lag_seconds_bucket{le="0.00025"} 1
jf_delivery_lag_seconds_bucket{le="0.0005"} 1
jf_delivery_lag_seconds_bucket{le="0.001"} 1
jf_delivery_lag_seconds_bucket{le="0.0025"} 1
jf_delivery_lag_seconds_bucket{le="0.005"} 11
jf_delivery_lag_seconds_bucket{le="0.01"} 11
jf_delivery_lag_seconds_bucket{le="0.025"} 11
jf_delivery_lag_seconds_bucket{le="0.05"} 11
jf_delivery_lag_seconds_bucket{le="0.1"} 11
jf_delivery_lag_seconds_bucket{le="0.25"} 11
jf_delivery_lag_seconds_bucket{le="0.5"} 11
jf_delivery_lag_seconds_bucket{le="1"} 11
jf_delivery_lag_seconds_bucket{le="2"} 11
jf_delivery_lag_seconds_bucket{le="5"} 11
jf_delivery_lag_seconds_bucket{le="+Inf"} 12
jf_delivery_lag_seconds_sum 3600.0301
jf_delivery_lag_seconds_count 12
`, "delivery_lag_seconds")
}

func TestBroadcastLatency(t *testing.T) {
	r := newTest()
	for n, bucket := range map[int]string{0: "xs", 10: "xs", 11: "sm", 100: "sm", 101: "md", 1001: "lg", 10_001: "xl", 5_000_000: "xl"} {
		if got := recipientBucketNames[recipientBucket(n)]; got != bucket {
			t.Errorf("%d recipients are %s, want %s", n, got, bucket)
		}
	}
	r.App("a").ObserveBroadcast(Private, 50, 3*time.Millisecond)
	text := scrape(t, r)
	for _, want := range []string{
		`jf_broadcast_latency_ms_bucket{app_id="a",channel_type="private",port="6001",recipient_count_bucket="sm",le="2"} 0`,
		`jf_broadcast_latency_ms_bucket{app_id="a",channel_type="private",port="6001",recipient_count_bucket="sm",le="5"} 1`,
		`jf_broadcast_latency_ms_sum{app_id="a",channel_type="private",port="6001",recipient_count_bucket="sm"} 3`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %s", want)
		}
	}
}

func scrape(t *testing.T, r *Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestProcessSeriesHaveNoPrefix(t *testing.T) {
	text := scrape(t, newTest())
	for _, name := range []string{"process_start_time_seconds ", "process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ", "go_goroutines "} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}
}

func TestFaultySamplesSpoilNothing(t *testing.T) {
	r := newTest()
	good := contract.Sample{Name: "plugin_up", Help: "Whether the plugin serves.", Labels: map[string]string{"plugin": "memory", "kind": "cache"}, Value: 1}
	with := func(edit func(*contract.Sample)) contract.Sample {
		s := good
		edit(&s)
		return s
	}
	r.AddSamples(SampleFunc(func(context.Context) []contract.Sample {
		return []contract.Sample{
			good,
			with(func(s *contract.Sample) { s.Value = 7 }), // the same series again
			with(func(s *contract.Sample) { s.Kind, s.Labels = contract.Counter, nil }),
			with(func(s *contract.Sample) { s.Help, s.Labels = "other words", map[string]string{"plugin": "x\xff"} }),
			with(func(s *contract.Sample) { s.Name = "new_connections_total" }),
			with(func(s *contract.Sample) { s.Name = "bad name" }),
			with(func(s *contract.Sample) { s.Name = "0bad" }),
			with(func(s *contract.Sample) { s.Name = "" }),
			with(func(s *contract.Sample) { s.Labels = map[string]string{"bad-label": "x"} }),
			with(func(s *contract.Sample) { s.Labels = map[string]string{"__name__": "x"} }),
		}
	}))
	r.AddSamples(SampleFunc(func(ctx context.Context) []contract.Sample {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("a source may take for ever")
		}
		return []contract.Sample{{Name: "plugin_restarts_total", Help: "Restarts.", Kind: contract.Counter, Value: 2}}
	}))
	checkSeries(t, r, `
# HELP jf_plugin_restarts_total Restarts.
# TYPE jf_plugin_restarts_total counter
jf_plugin_restarts_total 2
# HELP jf_plugin_up Whether the plugin serves.
# TYPE jf_plugin_up gauge
jf_plugin_up{kind="cache",plugin="memory"} 1
jf_plugin_up{plugin="x?"} 1
`, "plugin_up", "plugin_restarts_total", "bad name", "0bad", "")
	if text := scrape(t, r); !strings.Contains(text, "jf_plugin_up") || strings.Contains(text, "bad") {
		t.Errorf("scraped %s", text)
	}
}

func TestIdleAppsAreHidden(t *testing.T) {
	now := time.Unix(0, 0)
	r := New(Options{Prefix: "jf_", Port: 1, Now: func() time.Time { return now }})
	live := tables{"busy": {Connected: 1}}
	r.AddTables(live)
	kept := r.App("kept")
	kept.Connected.Add(5)
	for _, id := range []string{"busy", "asked", "forgotten"} {
		r.App(id).Connected.Add(1)
	}
	shown := func() (ids []string) {
		for _, id := range []string{"asked", "busy", "forgotten", "kept"} {
			if strings.Contains(scrape(t, r), `jf_new_connections_total{app_id="`+id+`"`) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	check := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, shown()); diff != "" {
			t.Errorf("shown (-want +got):\n%s", diff)
		}
	}
	check("asked", "busy", "forgotten", "kept")
	now = now.Add(30 * time.Minute)
	r.App("asked")
	check("asked", "busy", "forgotten", "kept")
	now = now.Add(31 * time.Minute)
	check("asked", "busy")
	kept.Connected.Add(1)
	check("asked", "busy", "kept")
	checkSeries(t, r, "# HELP jf_new_connections_total Connections that were opened.\n# TYPE jf_new_connections_total counter\n"+
		`jf_new_connections_total{app_id="asked",port="1"} 1
jf_new_connections_total{app_id="busy",port="1"} 1
jf_new_connections_total{app_id="kept",port="1"} 6
`, "new_connections_total")
	runtime.GC()
	check("asked", "busy", "kept")
	if len(r.hidden) != 0 {
		t.Error("counters that nobody has are still kept")
	}
	runtime.KeepAlive(kept)
}

func TestNamesOfOurOwnAreClean(t *testing.T) {
	r := newTest()
	r.AddTables(tables{"a": {}})
	r.NewDeliveryLag()
	c := r.App("a")
	for i := range c.ClientEvents {
		c.ClientEvents[i].Add(1)
	}
	for i := range c.AuthFailures {
		c.AuthFailures[i].Add(1)
	}
	r.Cache("memory", &fakeCache{})
	ours := []string{
		"jf_client_events_total", "jf_auth_failures_total", "jf_slow_consumers_closed_total", "jf_ignored_events_total",
		"jf_published_messages_total", "jf_publish_refused_total", "jf_presence_members",
		"jf_log_bytes", "jf_parked_bytes", "jf_delivery_lag_seconds", "jf_cache_hits_total", "jf_cache_misses_total", "jf_connected",
	}
	problems, err := testutil.GatherAndLint(r.gatherer, ours...)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(r.gatherer, ours...); err != nil || n < len(ours) {
		t.Errorf("%d series, %v", n, err)
	}
}

func TestLabelsHaveTexts(t *testing.T) {
	for name, got := range map[string]int{
		"channel types": len(channelTypeNames) - int(channelTypes), "error types": len(errorTypeNames) - int(errorTypes),
		"outcomes": len(eventOutcomeNames) - int(eventOutcomes), "surfaces": len(surfaceNames) - int(surfaces),
		"limiters": len(limiterNames) - int(limiters), "buckets": len(recipientBucketNames) - recipientBuckets,
		"cache operations": len(cacheOpNames) - int(cacheOps), "cache results": len(cacheResultNames) - int(cacheResults),
	} {
		if got != 0 {
			t.Errorf("%s: %d texts too many", name, got)
		}
	}
	for _, class := range []pusher.Class{pusher.Public, pusher.Private, pusher.Encrypted, pusher.Presence, pusher.User} {
		for _, cache := range []bool{false, true} {
			ch := pusher.Channel{Class: class, Cache: cache && class != pusher.User}
			parsed, ok := ParseChannelType(ch.TypeLabel())
			if got := TypeOf(ch); !ok || got != parsed || got.String() != ch.TypeLabel() {
				t.Errorf("%+v is %v, and %q is %v", ch, got, ch.TypeLabel(), parsed)
			}
		}
	}
	if _, ok := ParseChannelType("other"); ok {
		t.Error("a type that does not exist")
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	r := newTest()
	lag := r.NewDeliveryLag()
	r.App("a").ObserveBroadcast(Public, 1, time.Second)
	got := testing.AllocsPerRun(100, func() {
		c := r.App("a")
		c.WSMessagesSent.Add(1)
		c.ClientEvents[EventAccepted].Add(1)
		c.ObserveBroadcast(Public, 1, time.Second)
		lag.Observe(time.Millisecond)
	})
	if got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkDeliveryLag(b *testing.B) {
	lag := newTest().NewDeliveryLag()
	for b.Loop() {
		lag.Observe(3 * time.Millisecond)
	}
}
