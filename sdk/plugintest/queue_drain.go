package plugintest

import (
	"errors"

	"github.com/jackfield/jackfield/sdk/contract"
)

var queueDrain = []queueCase{
	{name: "after Drain nothing new is handed over, and others get it", run: func(b *queueBench) {
		b.enqueue(b.jobs(4)...)
		first := b.worker(hold)
		n := len(first.take(2))
		wantNil(b.T, "Drain", first.Drain(b.Context()))
		n += len(first.drained())
		b.enqueue(b.job("later"))
		b.worker(hold).takeAll(5 - n)
	}},
	{name: "settling goes on after Drain", run: func(b *queueBench) {
		jobs := b.jobs(4)
		b.enqueue(jobs...)
		w := b.worker(5 * lease)
		ds := w.takeAll(4)
		wantNil(b.T, "Drain", w.Drain(b.Context()))
		wantNil(b.T, "Ack", w.Ack(b.Context(), ds[0]))
		wantNil(b.T, "Nack", w.Nack(b.Context(), ds[1], "", 0))
		wantNil(b.T, "Extend", w.Extend(b.Context(), ds[2], hold))
		wantNil(b.T, "Reject", w.Reject(b.Context(), ds[3], "no"))
		b.pass(6 * lease)
		other := b.worker(hold)
		wantSame(b.T, "job", other.take(1)[0].Job.ID, ds[1].Job.ID)
		other.idle("one job is done, one extended, one dead")
	}},
	{name: "Drain ends a call that waits", run: func(b *queueBench) {
		w := b.worker(hold)
		b.endsWaiting(w, "Drain", func() error { return w.Drain(b.Context()) })
	}},
	{name: "Close ends a call that waits", run: func(b *queueBench) {
		w := b.worker(hold)
		b.endsWaiting(w, "Close", w.Close)
	}},
	{name: "Drain and Close may come twice", run: func(b *queueBench) {
		w := b.worker(hold)
		wantNil(b.T, "Drain", w.Drain(b.Context()))
		wantNil(b.T, "second Drain", w.Drain(b.Context()))
		wantNil(b.T, "Close", w.Close())
		_ = w.Close()
		_, err := w.Receive(b.Context(), 1)
		wantErr(b.T, "Receive after Close", err, contract.ErrClosed)
	}},
	{name: "closing a consumer leaves waiting jobs to others", run: func(b *queueBench) {
		b.enqueue(b.jobs(3)...)
		first := b.worker(lease)
		first.ack(first.take(1)...)
		wantNil(b.T, "Close", first.Close())
		b.pass(lease)
		second := b.worker(hold)
		second.ack(second.takeAll(2)...)
		second.idle("all jobs are done")
	}},
}

// drained receives what was already out and expects ErrClosed behind it.
func (w *worker) drained() []contract.Delivery {
	w.b.Helper()
	var all []contract.Delivery
	for range 1000 {
		ds, err := w.Receive(w.b.Context(), 10)
		if errors.Is(err, contract.ErrClosed) {
			return all
		}
		wantNil(w.b.T, "Receive after Drain", err)
		all = append(all, ds...)
	}
	w.b.Fatal("after Drain, Receive does not end with ErrClosed")
	return nil
}

func (b *queueBench) endsWaiting(w *worker, what string, end func() error) {
	b.Helper()
	waiting, back := make(chan struct{}), make(chan error, 1)
	go func() {
		close(waiting)
		_, err := w.Receive(b.Context(), 1)
		back <- err
	}()
	<-waiting
	w.b.pass(lease)
	wantNil(b.T, what, promptly(b.T, what, end))
	err := promptly(b.T, "Receive after "+what, func() error { return <-back })
	wantErr(b.T, "Receive after "+what, err, contract.ErrClosed)
}
