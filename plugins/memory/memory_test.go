package main

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
)

// build is the program that the suites check.
var build plugintest.Build

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		build.Remove()
		os.Exit(code)
	}))
}

// defaults returns options as a configuration that says nothing leaves them.
func defaults[O any, P interface {
	*O
	Defaults()
}]() O {
	var o O
	P(&o).Defaults()
	return o
}

// newCache opens a cache which the test closes.
func newCache(t *testing.T, change func(*cacheOptions)) *cache {
	t.Helper()
	opts := defaults[cacheOptions]()
	change(&opts)
	c, err := openCache(context.Background(), opts, sdk.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newQueue(t *testing.T, change func(*queueOptions)) *queue {
	t.Helper()
	opts := defaults[queueOptions]()
	change(&opts)
	q, err := openQueue(context.Background(), opts, sdk.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// moveAll hands the state of one driver over to another and returns the chunks.
func moveAll(t *testing.T, from, to contract.StateMover) (chunks int) {
	t.Helper()
	err := from.Export(t.Context(), func(chunk []byte) error {
		chunks++
		return to.Import(t.Context(), chunk)
	})
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}
