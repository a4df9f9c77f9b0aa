package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Stop tells at once what is delayed, hands everything to the queue, lets the
// requests under way end, and gives back what is left when ctx ends. Jobs of a
// queue that lives in memory are delivered as far as ctx allows, for they end
// with it. The error says how many events the queue did not take. Events that
// come later are dropped.
func (s *Service) Stop(ctx context.Context) (err error) {
	if s == nil || s.courier == nil {
		return nil
	}
	s.ended.Do(func() { err = s.stop(ctx) })
	return err
}

func (s *Service) stop(ctx context.Context) error {
	s.sink.close()
	close(s.finish)
	s.outbox.poke()
	select {
	case <-s.idle:
	case <-ctx.Done():
	}
	s.stopHand()
	<-s.idle
	left := s.outbox.end()
	s.stopCourier(ctx)
	if left > 0 {
		return fmt.Errorf("%d webhook jobs were not handed to the queue: %w", left, ctx.Err())
	}
	return nil
}

// stopCourier takes no more jobs, waits for the requests under way, and ends
// them when ctx does.
func (s *Service) stopCourier(ctx context.Context) {
	s.emptyMemory(ctx)
	last, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	if err := s.courier.consumer.Drain(last); err != nil && !errors.Is(err, contract.ErrClosed) {
		s.opts.Logger.Warn("the queue could not be told to hand out nothing more", "err", err)
	}
	select {
	case <-s.taken:
	case <-ctx.Done():
	}
	s.stopTake()
	<-s.taken
	defer context.AfterFunc(ctx, s.stopWork)()
	s.courier.wg.Wait()
	s.stopWork()
	s.wg.Wait()
	s.courier.sender.close()
	if err := s.courier.consumer.Close(); err != nil {
		s.opts.Logger.Warn("cannot close the consumer of webhook jobs", "err", err)
	}
}

// lookPause is the time between two looks at a queue that is to become empty.
const lookPause = 20 * time.Millisecond

// emptyMemory waits until a queue that lives in memory has nothing to hand out,
// and warns of what waits for another try and will be lost.
func (s *Service) emptyMemory(ctx context.Context) {
	for {
		stats, err := s.opts.Queue.Stats(ctx, QueueName)
		if err != nil || stats.Durability != contract.InMemory {
			return
		}
		if stats.Waiting+stats.Out == 0 || ctx.Err() != nil {
			if left := stats.Waiting + stats.Out + stats.Delayed; left > 0 {
				s.opts.Logger.Warn("webhook jobs end with the queue, which lives in memory", "jobs", left)
			}
			return
		}
		sleep(ctx, lookPause)
	}
}
