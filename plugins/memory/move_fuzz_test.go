package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
)

// FuzzImport gives every driver what a predecessor might have sent: it is taken
// or refused as ErrInvalid, and the driver still works.
func FuzzImport(f *testing.F) {
	f.Add([]byte(`{"entries":[{"key":"k","value":"dg==","left":-1}],"once":[{"id":"i","result":1,"left":5}]}`))
	f.Add([]byte(`{"seq":9,"jobs":[{"job":{"Queue":"q","ID":"1","GroupKey":"g"},"seq":3,"attempts":1,"out":true,"wait":1000},` +
		`{"job":{"Queue":"q","ID":"2","GroupKey":"g"},"seq":3,"out":true}],"dead":[{"job":{"Queue":"q","ID":"3"}}],"recent":[{"queue":"q","id":"1","left":9}]}`))
	f.Add([]byte(`{"changes":[{"id":"a","revision":5,"app":{"id":"a","key":"k","secret":"s"}},{"id":"a"},{"id":"b","app":{"id":"c","key":"k","secret":"s"}}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		c := newCache(t, func(o *cacheOptions) { o.CleanupInterval, o.MaxCapacity = 0, 4 })
		q := newQueue(t, func(*queueOptions) {})
		m, err := openAppManager(context.Background(), appManagerOptions{}, sdk.Env{Logger: hclog.NewNullLogger()})
		if err != nil {
			t.Fatal(err)
		}
		for _, driver := range []contract.StateMover{c, q, m} {
			if err := driver.Import(t.Context(), chunk); err != nil && !errors.Is(err, contract.ErrInvalid) {
				t.Fatalf("Import into %T: %v", driver, err)
			}
		}
		set(t, c, "after", "v")
		if !holds(t, c, "after") || c.lru.len() > 4 {
			t.Fatal("the cache does not work any more")
		}
		q.now = func() time.Time { return time.Now().Add(time.Hour) }
		enqueue(t, q, newJob("after", "after", 0))
		worksOff(t, q)
		if _, err := m.Create(t.Context(), app("after")); err != nil && !errors.Is(err, contract.ErrConflict) {
			t.Fatal(err)
		}
	})
}

// worksOff takes all jobs that can be had and acknowledges them.
func worksOff(t *testing.T, q *queue) {
	t.Helper()
	c, found := consume(t, q).(*consumer), false
	for {
		ds, _, err := c.take(100)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			found = found || d.Job.ID == "after"
			if err := c.Ack(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if len(ds) == 0 {
			break
		}
	}
	if !found {
		t.Fatal("a job that was enqueued later does not come")
	}
}
