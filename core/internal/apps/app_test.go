package apps

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/core/internal/pusher"
	"github.com/jackfield/jackfield/sdk/contract"
)

func TestLimits(t *testing.T) {
	n := func(v uint32) *uint32 { return &v }
	server := Limits{
		MaxConnections: 5, ChannelNameLength: 200, ChannelsPerEvent: 100, EventNameLength: 200, EventBytes: 100 << 10,
		BatchSize: 10, PresenceMembersPerChannel: 100, PresenceMemberBytes: 2048, ClientEventsPerWindow: 10,
	}
	withSecond := server
	withSecond.ClientEventWindow = time.Second
	tests := []struct {
		name string
		own  contract.Limits
		want func(*Limits)
	}{
		{"nothing said", contract.Limits{}, func(*Limits) {}},
		{"zero is unlimited", contract.Limits{MaxConnections: n(0), MaxEventPayloadInKB: n(0), MaxEventBatchSize: n(0)}, func(l *Limits) {
			l.MaxConnections, l.EventBytes, l.BatchSize = 0, 0, 0
		}},
		{"its own numbers", contract.Limits{
			MaxConnections: n(1), MaxBackendEventsPerSecond: n(2), MaxClientEventsPerSecond: n(3), MaxReadRequestsPerSecond: n(4),
			MaxPresenceMembersPerChan: n(5), MaxPresenceMemberSizeInKB: n(6), MaxChannelNameLength: n(7), MaxEventChannelsAtOnce: n(8),
			MaxEventNameLength: n(9), MaxEventPayloadInKB: n(10), MaxEventBatchSize: n(11), MaxChannelsPerConnection: n(12),
			DecaySeconds: n(13), TerminateOnLimit: true,
		}, func(l *Limits) {
			*l = Limits{
				MaxConnections: 1, BackendEventsPerSecond: 2, ClientEventsPerWindow: 3, ReadRequestsPerSecond: 4,
				PresenceMembersPerChannel: 5, PresenceMemberBytes: 6 << 10, ChannelNameLength: 7, ChannelsPerEvent: 8,
				EventNameLength: 9, EventBytes: 10 << 10, BatchSize: 11, ChannelsPerConnection: 12,
				ClientEventWindow: 13 * time.Second, TerminateOnLimit: true,
			}
		}},
		{"a window of nothing is a second", contract.Limits{DecaySeconds: n(0)}, func(*Limits) {}},
		{"all messages", contract.Limits{MessageRateLimit: &contract.MessageRateLimit{Enabled: true, MaxAttempts: 60, DecaySeconds: 30, TerminateOnLimit: true}}, func(l *Limits) {
			l.Messages = MessageLimit{MaxAttempts: 60, Window: 30 * time.Second, TerminateOnLimit: true}
		}},
		{"all messages, switched off", contract.Limits{MessageRateLimit: &contract.MessageRateLimit{MaxAttempts: 60}}, func(*Limits) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := withSecond
			tt.want(&want)
			if diff := cmp.Diff(want, server.resolve(&tt.own)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachSecretVerifies(t *testing.T) {
	record := anApp("a", 1)
	record.Secrets = []contract.Secret{"new", "old"}
	app := New(Options{Complete: true}).newApp(&record)
	for _, secret := range []string{"new", "old"} {
		signature := pusher.NewSigner(secret).AppendHex(nil, []byte("text"))
		if !app.Signers.Verify([]byte("text"), signature) {
			t.Errorf("the secret %q is not known", secret)
		}
	}
}

func TestOrigins(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"*", []string{"https://a.b", "null"}, []string{""}},
		{"any", []string{"https://a.b"}, []string{""}},
		{"https://example.com", []string{"https://example.com", "HTTPS://Example.COM"}, []string{"http://example.com", "https://example.com:8443", "https://www.example.com", "https://example.com.evil.org", ""}},
		{"Example.com", []string{"https://example.com", "http://example.com"}, []string{"https://example.com:8080", "https://notexample.com", "https://a.example.com"}},
		{"example.com:8080", []string{"http://example.com:8080"}, []string{"http://example.com"}},
		{"https://*.example.com", []string{"https://a.example.com", "https://a.b.example.com"}, []string{"https://example.com", "https://.example.com", "http://a.example.com", "https://evil.org/.example.com", "https://evil.org?x.example.com", "https://a.example.com.evil.org"}},
		{"*.example.com", []string{"http://a.example.com", "https://b.example.com"}, []string{"http://example.com", "https://evil.org#.example.com"}},
		{"http://localhost:*", []string{"http://localhost:3000"}, []string{"http://localhost", "http://localhost.evil.org", "https://localhost:3000"}},
		{"https://*.*.com", nil, []string{"https://a.b.com"}},
		{"ab*ba", []string{"x://abcba"}, []string{"x://aba", "x://abba"}},
	}
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			o := NewOrigins([]string{"https://first.test", tt.pattern}, false)
			for _, origin := range tt.yes {
				if !o.Allow(origin) {
					t.Errorf("%q is refused", origin)
				}
			}
			for _, origin := range tt.no {
				if o.Allow(origin) {
					t.Errorf("%q is admitted", origin)
				}
			}
		})
	}
}

func TestOriginsThatAreMissing(t *testing.T) {
	if !NewOrigins(nil, false).Allow("") || !NewOrigins(nil, false).Allow("https://a.b") {
		t.Error("no list refuses somebody")
	}
	if NewOrigins([]string{"a.b"}, false).Allow("") {
		t.Error("a client without Origin is admitted")
	}
	if !NewOrigins([]string{"a.b"}, true).Allow("") {
		t.Error("a client without Origin is refused although it may come")
	}
}

func FuzzOrigin(f *testing.F) {
	f.Add("https://*.example.com", "https://a.example.com")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, pattern, origin string) {
		o := NewOrigins([]string{pattern}, false)
		if o.Allow(origin) && origin == "" {
			t.Error("a missing origin is admitted")
		}
	})
}
