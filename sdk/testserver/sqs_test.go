package testserver

import (
	"context"
	"testing"
	"time"
)

func TestSQSServersAnswerAndComeBack(t *testing.T) {
	for name, start := range map[string]func() *SQS{
		"fauxqs":                 func() *SQS { return StartFauxqs(t) },
		"ElasticMQ":              func() *SQS { return StartElasticMQ(t, false) },
		"ElasticMQ with storage": func() *SQS { return StartElasticMQ(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start()
			s.Restart()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := s.answers(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
