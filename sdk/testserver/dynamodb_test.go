package testserver

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

func TestDynamoDBAnswersAndComesBack(t *testing.T) {
	for name, start := range map[string]func(TB) *DynamoDB{"dynalite": StartDynalite, "local": StartDynamoDBLocal} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			d.Kill()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if answersHTTP(ctx, d.URL) == nil {
				t.Error("it answers although it was killed")
			}
			d.Restart()
		})
	}
}

func TestDynaliteOutlivesClientsThatHangUp(t *testing.T) {
	d := StartDynalite(t)
	for range 10 {
		c, err := net.Dial("tcp", strings.TrimPrefix(d.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"))
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err = answersHTTP(ctx, d.URL)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
}
