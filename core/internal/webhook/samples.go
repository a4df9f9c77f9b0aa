package webhook

import (
	"context"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Samples are the series of the service that belong to no app: jobs in the queue
// by state, what waits for the queue, and what was dropped.
func (s *Service) Samples(ctx context.Context) []contract.Sample {
	var all []contract.Sample
	if stats, err := s.opts.Queue.Stats(ctx, QueueName); err == nil {
		for state, n := range map[string]uint64{"waiting": stats.Waiting, "delayed": stats.Delayed, "out": stats.Out, "dead": stats.Dead} {
			all = append(all, contract.Sample{
				Name: "webhook_queue_depth", Help: "Webhook jobs in the queue now.", Kind: contract.Gauge,
				Labels: map[string]string{"state": state}, Value: float64(n),
			})
		}
	}
	all = append(all, contract.Sample{
		Name: "webhook_buffer_bytes", Help: "Bytes of webhook jobs that wait for the queue.", Kind: contract.Gauge,
		Value: float64(s.outbox.held()),
	})
	for r := range s.drops.counts {
		all = append(all, contract.Sample{
			Name: "webhook_dropped_total", Help: "Webhook events that never reached the queue.", Kind: contract.Counter,
			Labels: map[string]string{"reason": dropReasonNames[r]}, Value: float64(s.drops.counts[r].Load()),
		})
	}
	return all
}

func (o *outbox) held() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}
