package wire

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// echoLimiter answers with what it was asked.
type echoLimiter struct{ last contract.TakeRequest }

func (l *echoLimiter) Take(_ context.Context, req contract.TakeRequest) (contract.TakeResult, error) {
	if req.Cost == 0 {
		return contract.TakeResult{}, &contract.RetryError{Err: contract.ErrOverloaded, After: time.Second}
	}
	l.last = req
	return contract.TakeResult{Allowed: true, Remaining: req.Limit - req.Cost, ResetAfter: req.Window, RetryAfter: 5 * time.Millisecond}, nil
}

func (l *echoLimiter) Reset(_ context.Context, key string) error {
	if key == "" {
		return contract.ErrInvalid
	}
	return nil
}

func (l *echoLimiter) Lease(ctx context.Context, req contract.TakeRequest, want uint32) (contract.LeaseResult, error) {
	taken, err := l.Take(ctx, req)
	return contract.LeaseResult{Granted: want / 2, ValidFor: time.Second, TakeResult: taken}, err
}

func TestRateLimiterRoundTrip(t *testing.T) {
	for _, mode := range modes {
		driver := &echoLimiter{}
		cc, caps := connect(t, offer(contract.KindRateLimiter, driver))
		l := NewRateLimiter(cc, ClientOptions{Capabilities: caps, Mode: mode})
		req := contract.TakeRequest{Key: "k", Cost: 2, Limit: 10, Window: time.Minute, ID: "id"}
		taken := contract.TakeResult{Allowed: true, Remaining: 8, ResetAfter: time.Minute, RetryAfter: 5 * time.Millisecond}
		got, err := l.Take(within(t), req)
		if diff := cmp.Diff(taken, got); err != nil || diff != "" {
			t.Errorf("%s: take: %v (-want +got):\n%s", modeNames[mode], err, diff)
		}
		if diff := cmp.Diff(req, driver.last); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", modeNames[mode], diff)
		}
		leased, err := l.Lease(within(t), req, 6)
		if diff := cmp.Diff(contract.LeaseResult{Granted: 3, ValidFor: time.Second, TakeResult: taken}, leased); err != nil || diff != "" {
			t.Errorf("%s: lease: %v (-want +got):\n%s", modeNames[mode], err, diff)
		}
		if _, err := l.Take(within(t), contract.TakeRequest{Key: "k"}); !errors.Is(err, contract.ErrOverloaded) || contract.RetryAfter(err) != time.Second {
			t.Errorf("%s: take of nothing: %v", modeNames[mode], err)
		}
		if err := l.Reset(within(t), "k"); err != nil {
			t.Errorf("%s: reset: %v", modeNames[mode], err)
		}
		if err := l.Reset(within(t), ""); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: reset of nothing: %v", modeNames[mode], err)
		}
		_ = l.Close()
	}
}

// fullApp has every field set.
func fullApp() *contract.App {
	n := func(v uint32) *uint32 { return &v }
	return &contract.App{
		ID: "id", Key: "key", Secrets: []contract.Secret{"new", "old"}, Enabled: true, Revision: 1 << 60,
		Limits: contract.Limits{
			MaxConnections: n(1), MaxBackendEventsPerSecond: n(2), MaxClientEventsPerSecond: n(3), MaxReadRequestsPerSecond: n(4),
			MaxPresenceMembersPerChan: n(5), MaxPresenceMemberSizeInKB: n(6), MaxChannelNameLength: n(7), MaxEventChannelsAtOnce: n(8),
			MaxEventNameLength: n(9), MaxEventPayloadInKB: n(10), MaxEventBatchSize: n(11), MaxChannelsPerConnection: n(0),
			DecaySeconds: n(13), TerminateOnLimit: true,
			MessageRateLimit: &contract.MessageRateLimit{Enabled: true, MaxAttempts: 1, DecaySeconds: 2, TerminateOnLimit: true},
		},
		Features: contract.Features{
			ClientMessages: true, UserAuthentication: true, WatchlistEvents: true, AuthorizedConnections: true, TLSOnly: true,
		},
		AllowedOrigins: []string{"https://a"},
		Webhooks: []contract.Webhook{
			{
				URL: "https://b", EventTypes: []string{"member_added"}, Headers: map[string]string{"X": "y"}, RequestTimeoutMS: 7,
				Filter: &contract.WebhookFilter{ChannelPrefix: "p", ChannelSuffix: "s", ChannelPattern: "x", Namespaces: []string{"n"}},
				Retry:  &contract.WebhookRetry{Disabled: true, MaxAttempts: 1, MaxElapsedMS: 2, InitialBackoffMS: 3, MaxBackoffMS: 4},
			},
			{Lambda: &contract.LambdaTarget{FunctionName: "f", Region: "r", Async: true}},
		},
		Extra: json.RawMessage(`{"x":1}`),
	}
}

func TestAppsCrossTheWire(t *testing.T) {
	for name, app := range map[string]*contract.App{
		"full":            fullApp(),
		"empty":           {},
		"origins of none": {AllowedOrigins: []string{}},
	} {
		got := fromApp(toApp(app))
		if diff := cmp.Diff(app, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// oneApp knows the full app only.
type oneApp struct{ changes chan contract.AppChange }

func (o *oneApp) FindByID(_ context.Context, id string) (*contract.App, error) {
	switch id {
	case "id":
		return fullApp(), nil
	case "nil":
		return nil, nil
	case "broken":
		return &contract.App{ID: "x\xff"}, nil
	}
	return nil, contract.ErrNotFound
}

func (o *oneApp) FindByKey(ctx context.Context, key string) (*contract.App, error) {
	if key == "key" {
		return o.FindByID(ctx, "id")
	}
	return nil, contract.ErrNotFound
}

func (o *oneApp) List(_ context.Context, token string, limit int) (contract.AppPage, error) {
	if token != "" || limit != 10 {
		return contract.AppPage{}, contract.ErrInvalid
	}
	return contract.AppPage{Apps: []*contract.App{fullApp(), {ID: "2"}}, Next: "next"}, nil
}

func (o *oneApp) Create(_ context.Context, app *contract.App) (*contract.App, error) {
	created := *app
	created.Revision++
	return &created, nil
}

func (o *oneApp) Update(context.Context, *contract.App) (*contract.App, error) {
	return nil, contract.ErrConflict
}

func (o *oneApp) Delete(_ context.Context, id string, revision uint64) error {
	if id != "id" || revision != 7 {
		return contract.ErrNotFound
	}
	return nil
}

func (o *oneApp) Watch(ctx context.Context, changed func(contract.AppChange) error) error {
	for {
		select {
		case c := <-o.changes:
			if c.ID == "end" {
				return contract.ErrUnavailable
			}
			if err := changed(c); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestAppManagerRoundTrip(t *testing.T) {
	for _, mode := range modes {
		t.Run(modeNames[mode], func(t *testing.T) {
			cc, caps := connect(t, offer(contract.KindAppManager, &oneApp{}))
			m := NewAppManager(cc, ClientOptions{Capabilities: caps, Mode: mode})
			defer func() { _ = m.Close() }()
			byID, err := m.FindByID(within(t), "id")
			if diff := cmp.Diff(fullApp(), byID); err != nil || diff != "" {
				t.Errorf("find by id: %v (-want +got):\n%s", err, diff)
			}
			if app, err := m.FindByKey(within(t), "key"); err != nil || app.ID != "id" {
				t.Errorf("find by key: %v", err)
			}
			if _, err := m.FindByKey(within(t), "id"); !errors.Is(err, contract.ErrNotFound) {
				t.Errorf("find of an absent key: %v", err)
			}
			for _, id := range []string{"nil", "broken"} {
				if _, err := m.FindByID(within(t), id); !errors.Is(err, contract.ErrInvalid) {
					t.Errorf("find %s: %v, want ErrInvalid", id, err)
				}
			}
			page, err := m.List(within(t), "", 10)
			if diff := cmp.Diff(contract.AppPage{Apps: []*contract.App{fullApp(), {ID: "2"}}, Next: "next"}, page); err != nil || diff != "" {
				t.Errorf("list: %v (-want +got):\n%s", err, diff)
			}
			checkWrites(t, m)
		})
	}
}

func checkWrites(t *testing.T, m *AppManager) {
	created, err := m.Create(within(t), fullApp())
	if err != nil || created.Revision != fullApp().Revision+1 {
		t.Errorf("create: %v, %v", created, err)
	}
	if _, err := m.Update(within(t), fullApp()); !errors.Is(err, contract.ErrConflict) {
		t.Errorf("update: %v", err)
	}
	if _, err := m.Create(within(t), nil); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("create nothing: %v", err)
	}
	if err := m.Delete(within(t), "id", 7); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := m.Delete(within(t), "id", 8); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("delete of another revision: %v", err)
	}
}

func TestWatch(t *testing.T) {
	driver := &oneApp{changes: make(chan contract.AppChange, 3)}
	cc, caps := connect(t, offer(contract.KindAppManager, driver))
	m := NewAppManager(cc, ClientOptions{Capabilities: caps})
	defer func() { _ = m.Close() }()
	want := []contract.AppChange{{ID: "a", Revision: 3}, {ID: "b", Deleted: true}}
	driver.changes <- want[0]
	driver.changes <- want[1]
	driver.changes <- contract.AppChange{ID: "end"}
	var got []contract.AppChange
	err := m.Watch(within(t), func(c contract.AppChange) error {
		got = append(got, c)
		return nil
	})
	if !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("watch ended with %v, want what the driver said", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestWatchEndsWithItsCaller(t *testing.T) {
	watched := func(t *testing.T) *AppManager {
		driver := &oneApp{changes: make(chan contract.AppChange, 1)}
		driver.changes <- contract.AppChange{}
		cc, caps := connect(t, offer(contract.KindAppManager, driver))
		m := NewAppManager(cc, ClientOptions{Capabilities: caps})
		t.Cleanup(func() { _ = m.Close() })
		return m
	}
	mine := errors.New("mine")
	if err := watched(t).Watch(within(t), func(contract.AppChange) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("watch ended with %v, want what the callback said", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := watched(t).Watch(ctx, func(contract.AppChange) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended with %v, want the end of its context", err)
	}
}
