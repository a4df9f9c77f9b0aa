package ws

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

func TestSeldomCountsWhatItDoesNotSay(t *testing.T) {
	var s seldom
	now := time.Now()
	for i, want := range []int{1, 0, 0, 3, 0, 2} {
		if i%3 == 0 && i > 0 || i == 5 {
			now = now.Add(logPause)
		}
		if got, ok := s.say(now); got != want || ok != (want > 0) {
			t.Errorf("occurrence %d: %d, %t; want %d", i, got, ok, want)
		}
	}
}

// A frame length with its top bit set makes the library panic, as often as a
// client likes; the log has one line a minute for it.
func TestClientsCannotFillTheLog(t *testing.T) {
	var log bytes.Buffer
	logger := hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info})
	f := serve(t, func(o *Options) { o.Logger = logger })
	for range 20 {
		c, o := f.dial(t)
		_, _ = c.Write([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
		c.wantClose(t, 1002)
		_ = c.Close()
		within(t, o.gone)
	}
	if n := strings.Count(log.String(), "\n"); n > 2 { // the minute may end meanwhile
		t.Errorf("%d lines for 20 connections:\n%s", n, log.String())
	}
}
