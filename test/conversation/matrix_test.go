package conversation

import (
	"fmt"
	"strings"
	"testing"
)

// TestEveryPrefixWithEveryAuth subscribes to a channel of every prefix with every
// sort of right and wrong auth. Each is answered once, a refusal with both frames,
// and nothing of what is published reaches those who were refused.
func TestEveryPrefixWithEveryAuth(t *testing.T) {
	prefixes := []struct {
		name                  string
		open, presence, cache bool // needs no auth; has members; begins with a cache miss
	}{
		{name: "", open: true},
		{name: "my-private-", open: true},
		{name: "privateer-", open: true},
		{name: "cache-", open: true, cache: true},
		{name: "private-"},
		{name: "private-cache-", cache: true},
		{name: "private-encrypted-"},
		{name: "private-encrypted-cache-", cache: true},
		{name: "private-user-cache-"},
		{name: "presence-", presence: true},
		{name: "presence-cache-", presence: true, cache: true},
	}
	auths := []struct {
		name, auth string
		right      bool
	}{
		{"no auth", "", false},
		{"malformed", "letmein", false},
		{"another key", "other$AUTH(a,CHANNEL)", false},
		{"wrong signature", "$KEY:$REPEAT(0,64)", false},
		{"another socket", "$AUTH(b,CHANNEL)", false},
		{"another channel", "$AUTH(a,private-elsewhere)", false},
		{"right", "$AUTH(a,CHANNEL)", true},
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`user ann {"user_id":"ann"}`)
	line("a connects")
	line("b connects")
	for _, prefix := range prefixes {
		for i, auth := range auths {
			channel := fmt.Sprintf("%sroom-%d", prefix.name, i)
			value, member, members := strings.ReplaceAll(auth.auth, "CHANNEL", channel), "", "{}"
			if prefix.presence {
				value = strings.ReplaceAll(value, ","+channel+")", ","+channel+",ann)")
				member = `,"channel_data":'$USER(ann)'`
				members = `{"presence":{"ids":["ann"],"hash":{"ann":{}},"count":1}}`
			}
			line("# %s, %s", channel, auth.name)
			line(`a> {"event":"pusher:subscribe","data":{"channel":%q,"auth":"%s"%s}}`, channel, value, member)
			if in := prefix.open || auth.right; in {
				line(`a< {"event":"pusher_internal:subscription_succeeded","channel":%q,"data":'%s'}`, channel, members)
				if prefix.cache {
					line(`a< {"event":"pusher:cache_miss","channel":%q,"data":"{}"}`, channel)
				}
				line("publish %s e 1", channel)
				line(`a< {"event":"e","channel":%q,"data":"1"}`, channel)
				continue
			}
			line(`a< {"event":"pusher:subscription_error","channel":%q,"data":'{"type":"AuthError","error":"*","status":401}'}`, channel)
			line(`a< {"event":"pusher:error","data":{"code":4009,"message":"*"}}`)
			line("publish %s e 1", channel)
		}
		line("a quiet")
	}
	script, err := Parse("matrix", b.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(serverFor(t, script, false), script); err != nil {
		t.Error(err)
	}
}
