package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// forgetful stands in front of an SQS endpoint and breaks the connection in the
// middle of answers that hold messages.
type forgetful struct {
	t        *testing.T
	endpoint string

	mu    sync.Mutex
	of    string // a queue, as its URL ends
	loses int    // how many of its answers are lost from now on
	calls []heard
}

// heard is a receive call of the queue whose answers are lost.
type heard struct {
	attempt string
	lost    bool
}

// throughForgetful is a world whose endpoint is behind a forgetful proxy.
func throughForgetful(t *testing.T, server *testserver.SQS, fifo bool) (*forgetful, *world) {
	f := &forgetful{t: t, endpoint: server.URL}
	proxy := httptest.NewServer(f)
	t.Cleanup(proxy.Close)
	return f, newWorld(t, settings(proxy.URL, fifo))
}

// lose loses the next answers about a queue that hold messages.
func (f *forgetful) lose(url string, answers int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of, f.loses, f.calls = lastOf(url), answers, nil
}

// ServeHTTP implements http.Handler.
func (f *forgetful) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	question, err := io.ReadAll(req.Body)
	if err != nil {
		return // the caller is gone
	}
	header, answer, err := f.forward(req, question)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	for k, v := range header.Header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
	w.WriteHeader(header.StatusCode)
	if f.isLost(req.Header.Get("X-Amz-Target"), question, answer) {
		f.breakOff(w, answer)
		return
	}
	_, _ = w.Write(answer)
}

func (f *forgetful) forward(req *http.Request, question []byte) (*http.Response, []byte, error) {
	out, err := http.NewRequestWithContext(f.t.Context(), req.Method, f.endpoint+req.URL.Path, bytes.NewReader(question))
	if err != nil {
		return nil, nil, err
	}
	out.Header, out.Host = req.Header, req.Host
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return nil, nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, errors.Join(err, resp.Body.Close())
}

func (f *forgetful) isLost(target string, question, answer []byte) bool {
	var asked struct{ QueueUrl, ReceiveRequestAttemptId string }
	if !strings.HasSuffix(target, ".ReceiveMessage") || json.Unmarshal(question, &asked) != nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of != lastOf(asked.QueueUrl) {
		return false
	}
	lost := f.loses > 0 && bytes.Contains(answer, []byte("ReceiptHandle"))
	if lost {
		f.loses--
	}
	f.calls = append(f.calls, heard{asked.ReceiveRequestAttemptId, lost})
	return lost
}

// breakOff resets the connection behind half of the answer.
func (f *forgetful) breakOff(w http.ResponseWriter, answer []byte) {
	_, _ = w.Write(answer[:len(answer)/2])
	control := http.NewResponseController(w)
	_ = control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		f.t.Error(err)
		return
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// askedAgain expects that answers were lost and, of FIFO queues, that the call
// behind each has its id.
func (f *forgetful) askedAgain(fifo bool) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loses != 0 {
		f.t.Errorf("%d answers were not lost", f.loses)
	}
	for i, call := range f.calls[:len(f.calls)-1] {
		if next := f.calls[i+1]; call.lost && (next.attempt != call.attempt || fifo != (call.attempt != "")) {
			f.t.Errorf("behind the lost answer to %+v came the call %+v", call, next)
		}
	}
}

func TestALostAnswerOfAReceiveCall(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(*forgetful, *world){
		"hides jobs for a short time": losesJobs, "of a list": losesList, "of a replay": losesReplay, "of a purge": losesPurge,
	} {
		for server, start := range map[string]func() *testserver.SQS{"fauxqs": fauxqs, "ElasticMQ": elasticMQ} {
			for _, fifo := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, fifo %t", name, server, fifo), func(t *testing.T) {
					t.Parallel()
					check(throughForgetful(t, start(), fifo))
				})
			}
		}
	}
}

// some is more than two receive calls bring.
const some = 25

func (w *world) fill() {
	w.Helper()
	var jobs []contract.Job
	for i := range some {
		jobs = append(jobs, w.job(fmt.Sprint("g", i)))
	}
	w.enqueue(jobs...)
}

// takeAll takes all jobs and settles them.
func (w *world) takeAll(settle func(contract.Consumer, contract.Delivery) error) {
	w.Helper()
	c, seen := w.consumer(time.Hour), map[string]bool{}
	for len(seen) < some {
		d := w.take(c)
		if seen[d.Job.ID] {
			w.Fatalf("%s came twice", d.Job.ID)
		}
		seen[d.Job.ID] = true
		if err := settle(c, d); err != nil {
			w.Fatal(err)
		}
	}
}

// losesJobs: leases are long, but what nobody got comes soon.
func losesJobs(f *forgetful, w *world) {
	w.fill()
	f.lose(w.url(), 2)
	w.takeAll(func(c contract.Consumer, d contract.Delivery) error { return c.Ack(w.Context(), d) })
	f.askedAgain(w.q.opts.FIFO)
}

// bury makes dead letters, and loses two answers of the look at them.
func (f *forgetful) bury(w *world) {
	w.fill()
	w.takeAll(func(c contract.Consumer, d contract.Delivery) error { return c.Reject(w.Context(), d, "no") })
	f.lose(w.deadURL(), 2)
}

func (w *world) deadURL() string {
	w.url()
	return w.q.lines[w.name].line.place().dead
}

func losesList(f *forgetful, w *world) {
	f.bury(w)
	want(w.T, "dead letters", len(w.dead()), some)
	f.askedAgain(w.q.opts.FIFO)
}

func losesReplay(f *forgetful, w *world) {
	f.bury(w)
	if n, err := w.q.ReplayDead(w.Context(), w.name, nil); n != some || err != nil {
		w.Errorf("replayed %d, %v", n, err)
	}
	w.takeAll(func(c contract.Consumer, d contract.Delivery) error { return c.Ack(w.Context(), d) })
}

func losesPurge(f *forgetful, w *world) {
	f.bury(w)
	if n, err := w.q.PurgeDead(w.Context(), w.name, nil); n != some || err != nil {
		w.Errorf("purged %d, %v", n, err)
	}
	want(w.T, "dead letters", len(w.dead()), 0)
}

// hideDead hides a dead letter as another server's look does.
func (w *world) hideDead(seconds int32) {
	w.Helper()
	out, err := w.q.api.ReceiveMessage(w.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(w.deadURL()), MaxNumberOfMessages: 1, VisibilityTimeout: seconds, WaitTimeSeconds: 10,
	})
	if err != nil || len(out.Messages) != 1 {
		w.Fatalf("hide a dead letter: %v, %v", out, err)
	}
}

func TestALookWaitsForWhatIsHidden(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.fill()
		w.takeAll(func(c contract.Consumer, d contract.Delivery) error { return c.Reject(t.Context(), d, "no") })
		w.hideDead(3)
		want(t, "dead letters", len(w.dead()), some)
		w.hideDead(3600)
		n, err := w.q.PurgeDead(t.Context(), w.name, nil)
		wantErr(t, "a purge that could not be complete", err, contract.ErrUnavailable)
		want(t, "purged", n, some-1)
	})
}
