package testserver

import (
	"context"
	"net/http"
)

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

// answers returns nil if anything answers, with whatever status.
func (s *SQS) answers(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/health", nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
