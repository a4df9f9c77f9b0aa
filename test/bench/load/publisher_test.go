//go:build linux

package load

import (
	"bufio"
	"strings"
	"testing"
	"time"
)

func TestAnswersAreReadToTheirEnd(t *testing.T) {
	p := &Publisher{in: bufio.NewReader(strings.NewReader(
		"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX: y\r\n\r\n{}" +
			"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n" +
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	))}
	for _, want := range []int{200, 503} {
		if got, err := p.answer(); got != want || err != nil {
			t.Errorf("status %d, error %v, want %d", got, err, want)
		}
	}
	if _, err := p.answer(); err == nil {
		t.Error("an answer without length was accepted")
	}
}

func TestRequestsAreDueAtTheirRate(t *testing.T) {
	begin := time.Unix(1700000000, 0)
	r := &round{begin: begin, rate: 8}
	for k := range 3 {
		if got := r.due().Sub(begin); got != time.Duration(k)*125*time.Millisecond {
			t.Errorf("request %d is due after %v", k, got)
		}
	}
}
