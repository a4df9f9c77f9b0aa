package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackfield/jackfield/sdk"
	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// crashJobs are enough for every worker to be killed many times, and are done in
// well under a minute on two busy cores.
const (
	crashJobs   = 10_000
	crashGroups = 200
	crashWaits  = 4 * time.Minute
)

// workerEnv makes the test binary a worker: a driver and a consumer in a process
// that can be killed.
const workerEnv = "SQS_TEST_WORKER"

type workerOrder struct {
	Settings json.RawMessage
	Queue    string
	Diary    string // file to which all workers append the jobs that they begin
}

// beWorker does jobs until the process is killed. It writes each one down before
// it is acknowledged; every fiftieth it rejects.
func beWorker(order string) {
	var o workerOrder
	if err := json.Unmarshal([]byte(order), &o); err != nil {
		panic(err)
	}
	var opts options
	opts.Defaults()
	if err := json.Unmarshal(o.Settings, &opts); err != nil {
		panic(err)
	}
	q, err := openQueue(context.Background(), opts, sdk.Env{})
	if err != nil {
		panic(err)
	}
	c, err := q.Consume(context.Background(), contract.ConsumeOptions{Queue: o.Queue, Consumer: "worker", Lease: time.Second})
	if err != nil {
		panic(err)
	}
	diary, err := os.OpenFile(o.Diary, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	for {
		ds, err := c.Receive(context.Background(), 32)
		if err != nil {
			panic(err)
		}
		var wg sync.WaitGroup
		for _, d := range ds {
			wg.Go(func() { workOn(c, d, diary) })
		}
		wg.Wait()
	}
}

func workOn(c contract.Consumer, d contract.Delivery, diary *os.File) {
	ctx := context.Background()
	if isBad(d.Job.ID) {
		_ = c.Reject(ctx, d, "bad")
		return
	}
	if _, err := fmt.Fprintln(diary, d.Job.GroupKey, d.Job.ID); err != nil {
		panic(err)
	}
	fmt.Println()
	_ = c.Ack(ctx, d)
}

func isBad(id string) bool { return strings.HasSuffix(id, "25") || strings.HasSuffix(id, "75") }

// crew is some workers.
type crew struct {
	t     *testing.T
	order string
}

// hire runs a worker again and again, killed each time after it has begun some
// jobs, until ctx ends.
func (w *crew) hire(ctx context.Context, dice *rand.Rand) {
	for ctx.Err() == nil {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), workerEnv+"="+w.order)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			if ctx.Err() == nil {
				w.t.Error(err)
			}
			return
		}
		lines := bufio.NewScanner(out)
		listen(lines, 200+dice.IntN(1500))
		_ = cmd.Process.Kill()
		listen(lines, crashJobs)
		_ = cmd.Wait()
	}
}

// listen waits until a worker has begun some jobs, or ended.
func listen(out *bufio.Scanner, jobs int) {
	for ; jobs > 0 && out.Scan(); jobs-- {
	}
}

// crashes lets workers that are killed do jobs, and looks for each of them.
func crashes(t *testing.T, server *testserver.SQS, fifo bool) {
	w := newWorld(t, settings(server.URL, fifo))
	diary := filepath.Join(t.TempDir(), "diary")
	order, err := json.Marshal(workerOrder{encoded(t, w.settings), w.name, diary})
	if err == nil {
		err = os.WriteFile(diary, nil, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	staff := &crew{t: t, order: string(order)}
	ctx, stop := context.WithTimeout(t.Context(), crashWaits)
	var working sync.WaitGroup
	defer working.Wait()
	defer stop()
	for i := range 3 {
		working.Go(func() { staff.hire(ctx, rand.New(rand.NewPCG(7, uint64(i)))) })
	}
	for i := 0; i < crashJobs; i += 50 {
		var jobs []contract.Job
		for n := i; n < i+50; n++ {
			jobs = append(jobs, contract.Job{Queue: w.name, ID: fmt.Sprintf("job%06d", n), GroupKey: fmt.Sprint("g", n%crashGroups), Body: []byte("{}")})
		}
		w.enqueue(jobs...)
	}
	for !w.isEmpty() {
		if !pause(ctx, 200*time.Millisecond) {
			t.Fatalf("after %v there are still jobs", crashWaits)
		}
	}
	stop()
	working.Wait()
	w.account(diary, fifo)
}

func (w *world) isEmpty() bool {
	st, err := w.q.Stats(w.Context(), w.name)
	return err == nil && st.Waiting+st.Out+st.Delayed == 0
}

// account expects every job done or dead, and in FIFO queues in order.
func (w *world) account(diary string, fifo bool) {
	w.Helper()
	text, err := os.ReadFile(diary)
	if err != nil {
		w.Fatal(err)
	}
	done, last := map[string]bool{}, map[string]string{}
	for line := range strings.Lines(string(text)) {
		group, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if fifo && !done[id] && id < last[group] {
			w.Errorf("in group %s %s was begun after %s", group, id, last[group])
		}
		if !done[id] {
			done[id], last[group] = true, id
		}
	}
	dead := w.allDead()
	for n := range crashJobs {
		if id := fmt.Sprintf("job%06d", n); !done[id] && !dead[id] {
			w.Errorf("%s is neither done nor dead", id)
		}
	}
	w.Logf("%d jobs done, %d dead", len(done), len(dead))
}

func (w *world) allDead() map[string]bool {
	w.Helper()
	dead := map[string]bool{}
	for token := ""; ; {
		letters, next, err := w.q.ListDead(w.Context(), w.name, token, 1000)
		if err != nil {
			w.Fatal(err)
		}
		for _, d := range letters {
			dead[d.Job.ID] = true
		}
		if token = next; token == "" {
			return dead
		}
	}
}

func TestWhileProcessesAreKilledEveryJobIsDoneOrDead(t *testing.T) {
	crashes(t, fauxqs(), true)
}

func TestWhileProcessesAreKilledStandardQueuesLoseNothing(t *testing.T) {
	crashes(t, fauxqs(), false)
}

func TestWhileProcessesAreKilledAStrictServerLosesNothing(t *testing.T) {
	crashes(t, elasticMQ(), true)
}
