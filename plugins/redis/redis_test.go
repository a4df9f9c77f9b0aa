package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// build is the program that the suites check.
var build plugintest.Build

// The servers that tests share, each under prefixes of its own.
var (
	standalone = sync.OnceValue(func() *testserver.Redis { return testserver.StartRedis(testserver.Package) })
	cluster    = sync.OnceValue(func() *testserver.RedisCluster { return testserver.StartRedisCluster(testserver.Package, 1) })
	watched    = sync.OnceValue(func() *testserver.RedisSentinel { return testserver.StartRedisSentinel(testserver.Package) })
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "32") // cases wait for time to pass, not for a processor
	code := testserver.Run(m)
	if err := leftOver(); code == 0 && err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	build.Remove()
	os.Exit(code)
}

// leftOver returns what goroutines are left. Those of go-redis that look for a
// server which is away end within seconds of the pool.
func leftOver() (err error) {
	for range 5 {
		if err = goleak.Find(goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1")); err == nil {
			return nil
		}
	}
	return err
}

// topologies are the three kinds of Redis, by name.
var topologies = map[string]func() connectionOptions{
	modeStandalone: func() connectionOptions { return toStandalone(standalone()) },
	modeSentinel:   func() connectionOptions { return toSentinel(watched()) },
	modeCluster:    func() connectionOptions { return toCluster(cluster()) },
}

func toStandalone(r *testserver.Redis) connectionOptions {
	return connectionOptions{Mode: modeStandalone, Addresses: []string{r.Addr}}
}

func toSentinel(s *testserver.RedisSentinel) connectionOptions {
	return connectionOptions{Mode: modeSentinel, Addresses: s.Addrs(), MasterName: s.Name}
}

func toCluster(c *testserver.RedisCluster) connectionOptions {
	return connectionOptions{Mode: modeCluster, Addresses: c.Addrs()}
}

// open returns a client which the test closes.
func open(t *testing.T, options connectionOptions, use class) *client {
	t.Helper()
	c, err := dial(options, use)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// patience is how long tests wait for what must come about.
const patience = 2 * time.Minute

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

type ctx = context.Context

func addressOf(port int) string { return fmt.Sprint("127.0.0.1:", port) }

// elsewhere sets a key that lies in each part of the slots, one of which is not
// here if this is a node of a cluster.
func elsewhere(ctx ctx, c *client) error {
	for _, slot := range []int{0, slots / 2, slots - 1} {
		if err := c.Set(ctx, tagOf(slot), 1, 0).Err(); err != nil {
			return err
		}
	}
	return nil
}
