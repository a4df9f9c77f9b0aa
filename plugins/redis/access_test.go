package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// works opens all drivers on a connection and uses each of them.
func works(t *testing.T, connection connectionOptions) {
	t.Helper()
	ctx := patient(t)
	c := newCache(t, connection)
	if err := c.Health(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Set(ctx, "k", []byte("v"), contract.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "k"); err != nil || string(v) != "v" {
		t.Fatalf("Get: %q, %v", v, err)
	}
	if n, err := c.DeletePrefix(ctx, "k"); err != nil || n != 1 {
		t.Fatalf("DeletePrefix: %d, %v", n, err)
	}
	if n, err := c.Increment(ctx, "n", 2, 0, "id"); err != nil || n != 2 {
		t.Fatalf("Increment: %d, %v", n, err)
	}
	if r, err := newLimiter(t, connection).Take(ctx, contract.TakeRequest{Key: "k", Cost: 1, Limit: 1, Window: patience}); err != nil || !r.Allowed {
		t.Fatalf("Take: %v, %v", r, err)
	}
	worksInQueue(t, connection)
}

// worksInQueue sends a job to a consumer that waits for it, so that it is told.
func worksInQueue(t *testing.T, connection connectionOptions) {
	t.Helper()
	ctx := patient(t)
	q := newQueue(t, connection, func(*queueOptions) {})
	consumer, err := q.Consume(ctx, contract.ConsumeOptions{Queue: "q", Consumer: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	for q.bells["q"].wasListening() == false && ctx.Err() == nil {
		rung, _ := q.bells["q"].next()
		select {
		case <-rung:
		case <-ctx.Done():
		}
	}
	got := make(chan error, 1)
	go func() {
		ds, err := consumer.Receive(ctx, 1)
		if err == nil {
			err = consumer.Ack(ctx, ds[0])
		}
		got <- err
	}()
	if err := q.Enqueue(ctx, []contract.Job{{Queue: "q", ID: "j", GroupKey: "g", Body: []byte("b")}})[0]; err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	if err := q.Health(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestTLSWithAnAuthority(t *testing.T) {
	t.Parallel()
	certs := testserver.NewCertificates(t)
	options := toStandalone(testserver.StartRedisTLS(t, certs, false))
	options.TLS = &tlsOptions{CAPath: certs.CA}
	works(t, options)
}

func TestTLSWithClientCertificatesOnBothHops(t *testing.T) {
	t.Parallel()
	certs := testserver.NewCertificates(t)
	options := toSentinel(testserver.StartRedisSentinelTLS(t, certs, true))
	hop := &tlsOptions{CAPath: certs.CA, ClientCertPath: certs.ClientCert, ClientKeyPath: certs.ClientKey}
	options.TLS, options.SentinelTLS = hop, hop
	works(t, options)
}

func TestTLSThatIsNotChecked(t *testing.T) {
	t.Parallel()
	certs := testserver.NewCertificates(t)
	options := toStandalone(testserver.StartRedisTLS(t, certs, false))
	options.TLS = &tlsOptions{AcceptInvalidCerts: true}
	works(t, options)
}

// A user who may neither do what is dangerous, nor anything outside the prefix,
// is enough: no KEYS, no FLUSHALL, no CONFIG.
func TestAUserWithFewRightsIsEnough(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t,
		"user default off",
		"user app on >s3cret ~test* &test* +@all -@dangerous -@admin",
	)
	options := toStandalone(r)
	options.Username, options.Password = "app", "s3cret"
	works(t, options)
}

// Without the right to subscribe, consumers look for work by themselves.
func TestAUserWhoMayNotSubscribeGetsJobs(t *testing.T) {
	t.Parallel()
	r := testserver.StartRedis(t, "user default off", "user app on >s3cret ~* resetchannels +@all -@dangerous")
	options := toStandalone(r)
	options.Username, options.Password = "app", "s3cret"
	q := newQueue(t, options, func(o *queueOptions) { o.Reliability.WorkerPollIntervalMS = 20 })
	ctx := patient(t)
	consumer, err := q.Consume(ctx, contract.ConsumeOptions{Queue: "q", Consumer: "c"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	if err := errors.Join(q.Enqueue(ctx, []contract.Job{{Queue: "q", ID: "j", GroupKey: "g"}})...); err != nil {
		t.Fatal(err)
	}
	if _, err := consumer.Receive(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

// What is wrong with a connection is told with the place, the key and the cure,
// and never with a password.
func TestWrongConnectionsAreExplained(t *testing.T) {
	t.Parallel()
	const secret = "very-s3cret"
	certs := testserver.NewCertificates(t)
	plain := standalone().Addr
	locked := testserver.StartRedis(t, "user default off", "user app on >right ~* &* +@all", "user poor on >"+secret+" ~* &* +ping +hello").Addr
	secured := testserver.StartRedisTLS(t, certs, false).Addr
	mutual := testserver.StartRedisTLS(t, certs, true).Addr
	member := cluster().Nodes[0].Addr
	free := addressOf(testserver.Port(t))

	ca := &tlsOptions{CAPath: certs.CA}
	for name, tt := range map[string]struct {
		change func(*connectionOptions)
		is     error
		says   string
	}{
		"nobody listens":    {func(c *connectionOptions) { c.Addresses = []string{free} }, contract.ErrUnavailable, "start it, or set the right address and port"},
		"wrong password":    {func(c *connectionOptions) { c.Addresses, c.Username = []string{locked}, "app" }, contract.ErrAuth, "set the right username and password"},
		"no password":       {func(c *connectionOptions) { c.Addresses, c.Password = []string{locked}, "" }, contract.ErrAuth, "set the username and password"},
		"too few rights":    {func(c *connectionOptions) { c.Addresses, c.Username = []string{locked}, "poor" }, contract.ErrAuth, "docs/redis.md"},
		"no such database":  {func(c *connectionOptions) { c.DB, c.Password = 99, "" }, contract.ErrUnavailable, "set the number of a database"},
		"no TLS there":      {func(c *connectionOptions) { c.Addresses, c.TLS, c.Password = []string{plain}, ca, "" }, contract.ErrUnavailable, "does not answer in TLS"},
		"TLS there":         {func(c *connectionOptions) { c.Addresses, c.Password = []string{secured}, "" }, contract.ErrUnavailable, "may want TLS"},
		"unknown authority": {func(c *connectionOptions) { c.Addresses, c.TLS = []string{secured}, &tlsOptions{} }, contract.ErrAuth, "set ca_path"},
		"no certificate":    {func(c *connectionOptions) { c.Addresses, c.TLS, c.Password = []string{mutual}, ca, "" }, nil, "client_cert_path"},
		"a cluster":         {func(c *connectionOptions) { c.Addresses, c.Password = []string{member}, "" }, contract.ErrUnavailable, `use driver "redis-cluster"`},
		"no cluster":        {func(c *connectionOptions) { c.Mode, c.Password = modeCluster, "" }, contract.ErrUnavailable, `use driver "redis"`},
		"no sentinel":       {func(c *connectionOptions) { c.Mode, c.Addresses = modeSentinel, []string{free} }, contract.ErrUnavailable, "sentinel"},
		"unknown master": {
			func(c *connectionOptions) {
				c.Mode, c.Addresses, c.MasterName = modeSentinel, watched().Addrs(), "other"
			},
			contract.ErrUnavailable, "set database.redis.name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := defaultConnection()
			options.Addresses, options.Password, options.Source = []string{plain}, secret, "cache.redis.url_override"
			tt.change(&options)
			c := open(t, options, classCommands)
			err := c.do(patient(t), again, func(ctx ctx) error { return c.Set(ctx, "{a}"+name, 1, 0).Err() })
			if err == nil && name == "a cluster" {
				err = c.do(patient(t), again, func(ctx ctx) error { return elsewhere(ctx, c) })
			}
			if tt.is != nil && !errors.Is(err, tt.is) || err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), options.Source) {
				t.Errorf("error: %v\nwant %v with %q", err, tt.is, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Error("the error holds the password")
			}
		})
	}
}
