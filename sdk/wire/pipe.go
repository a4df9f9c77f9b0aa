package wire

import (
	"context"
	"sync"
)

// batchStream is a stream of batches; one goroutine sends, one receives.
type batchStream[O, R any] interface {
	send(ops []*O) error
	recv() ([]*R, error)
}

// pipe carries batches over one stream, which it opens when there is something
// to send, and anew after it broke.
type pipe[O any, R any, PR result[R]] struct {
	c      *combiner[O, R, PR]
	open   func(context.Context) (batchStream[O, R], error)
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	stream batchStream[O, R] // guarded by c.mu
}

func newPipe[O any, R any, PR result[R]](c *combiner[O, R, PR], open func(context.Context) (batchStream[O, R], error)) *pipe[O, R, PR] {
	p := &pipe[O, R, PR]{c: c, open: open}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *pipe[O, R, PR]) carry(b *batch[O, R]) {
	defer b.release()
	s, err := p.board(b.msg)
	if err != nil {
		p.c.failBatch(fromStatus(err), b)
		return
	}
	// A failure to send shows at the receiver, which knows why.
	_ = s.send(b.ops)
}

// board assigns a message to the stream, and opens it if there is none.
func (p *pipe[O, R, PR]) board(m *message) (batchStream[O, R], error) {
	p.c.mu.Lock()
	s := p.stream
	m.stream = s
	p.c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := p.open(p.ctx)
	if err != nil {
		return nil, err
	}
	p.c.mu.Lock()
	p.stream, m.stream = s, s
	p.c.mu.Unlock()
	p.wg.Go(func() { p.receive(s) })
	return s, nil
}

// receive is the receiver's goroutine of one stream.
func (p *pipe[O, R, PR]) receive(s batchStream[O, R]) {
	for {
		results, err := s.recv()
		if err != nil {
			p.broken(s, fromStatus(err))
			return
		}
		p.c.deliver(results)
	}
}

// broken fails what was sent over a stream that is no more.
func (p *pipe[O, R, PR]) broken(s batchStream[O, R], err error) {
	p.c.mu.Lock()
	p.stream = nil
	p.c.mu.Unlock()
	p.c.fail(err, s)
}

func (p *pipe[O, R, PR]) stop() {
	p.cancel()
	<-p.c.stopped
	p.wg.Wait()
}
