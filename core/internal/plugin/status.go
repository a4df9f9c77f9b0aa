package plugin

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// State is how a driver is.
type State string

// The states of a driver.
const (
	Starting State = "starting"
	Serving  State = "serving"
	// Degraded: the plugin runs, the backend behind it does not answer.
	Degraded State = "degraded"
	Draining State = "draining"
	Stopped  State = "stopped"
	// Backoff: the plugin has failed and waits for its restart.
	Backoff State = "backoff"
	// Failed: several restarts in a row have failed; it is still tried.
	Failed State = "failed"
)

// Status tells how the driver of one kind is.
type Status struct {
	// Plugin is the plugin's name; Version what it says of itself, "" while away.
	Plugin, Version string
	Kind            contract.Kind
	Driver          string
	State           State
	// Reason says in words why the state is not Serving.
	Reason string
	// Slow is whether calls fail at once because the backend answers too late.
	Slow bool
	// Restarts counts those of the plugin since the host was started.
	Restarts uint64
	// PID is that of the process; 0 while it is away or if it was attached to.
	PID int
}

// Status returns the drivers in the order of their kinds.
func (h *Host) Status() []Status {
	var out []Status
	for _, kind := range contract.Kinds() {
		for _, s := range h.supervisors {
			if seat, ok := s.seats[kind]; ok {
				out = append(out, s.status(kind, seat))
			}
		}
	}
	return out
}

func (s *supervisor) status(kind contract.Kind, seat seat) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.states[kind]
	st := Status{
		Plugin: s.name, Kind: kind, Driver: k.driver, State: k.state, Reason: k.reason,
		Slow: seat.slow(), Restarts: s.restarts,
	}
	if s.process != nil {
		st.Version, st.PID = s.process.description.Version, s.process.pid()
	}
	return st
}

// scrapeTimeout is how long a plugin may take to tell its series.
const scrapeTimeout = time.Second

// Samples returns the host's series and those of the plugins, asked now; a
// plugin that does not answer within a second shows with its last known ones.
// Names are without prefix.
func (h *Host) Samples(ctx context.Context) []contract.Sample {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	told := make([][]contract.Sample, len(h.supervisors))
	var wg sync.WaitGroup
	for i, s := range h.supervisors {
		wg.Go(func() { told[i] = s.scrape(ctx) })
	}
	out := h.samples()
	wg.Wait()
	for _, samples := range told {
		out = append(out, samples...)
	}
	return out
}

// samples returns the host's own series.
func (h *Host) samples() []contract.Sample {
	var out []contract.Sample
	for _, st := range h.Status() {
		labels := map[string]string{"plugin": st.Plugin, "kind": string(st.Kind), "driver": st.Driver}
		up := st.State == Serving || st.State == Degraded
		out = append(out,
			gauge("plugin_up", "Whether the plugin of a driver runs.", labels, number(up)),
			gauge("plugin_degraded", "Whether the backend behind a driver does not answer.", labels, number(st.State == Degraded)),
			gauge("plugin_breaker_open", "Whether calls fail at once because the backend is too slow.", labels, number(st.Slow)),
		)
	}
	for _, s := range h.supervisors {
		out = append(out, counter("plugin_restarts_total", "Restarts of a plugin.", map[string]string{"plugin": s.name}, float64(s.restartCount())))
		for _, seat := range s.seats {
			out = append(out, seat.samples()...)
		}
	}
	if h.queue != nil {
		out = append(out, h.queue.spill.samples()...)
	}
	return out
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *supervisor) restartCount() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// scrape asks the plugin for its series, labelled with its name and their kind.
func (s *supervisor) scrape(ctx context.Context) []contract.Sample {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	if p != nil {
		if told, err := p.life.Metrics(ctx); err == nil {
			s.remember(told)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]contract.Sample, 0, len(s.told))
	for _, t := range s.told {
		labels := maps.Clone(t.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels["plugin"], labels["kind"] = s.name, string(t.Backend)
		t.Sample.Labels = labels
		out = append(out, t.Sample)
	}
	return out
}
