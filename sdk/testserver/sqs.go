package testserver

import "context"

// SQS is a server that speaks the API of Amazon SQS and takes any credentials.
type SQS struct {
	*Process
	// URL is its endpoint.
	URL string
}

func startSQS(tb TB, port int, spec Command) *SQS {
	tb.Helper()
	s := &SQS{URL: "http://" + address(port)}
	spec.Ready = s.answers
	s.Process = Start(tb, spec)
	return s
}

func (s *SQS) answers(ctx context.Context) error { return answersHTTP(ctx, s.URL+"/health") }
