package conversation

import (
	"fmt"
	"strings"
	"testing"
)

// prefix is the beginning of a channel's name.
type prefix struct {
	name     string
	open     bool // needs no auth
	presence bool // has members
	cache    bool // begins with a cache miss
}

var prefixes = []prefix{
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

// auths are sorts of auth for the channel CHANNEL.
var auths = []struct {
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

// TestEveryPrefixWithEveryAuth subscribes to a channel of every prefix with every
// sort of right and wrong auth. Each is answered once, a refusal with both frames,
// and nothing of what is published reaches those who were refused.
func TestEveryPrefixWithEveryAuth(t *testing.T) {
	lines := []string{`user ann {"user_id":"ann"}`, "a connects", "b connects"}
	for _, p := range prefixes {
		for i, auth := range auths {
			channel := fmt.Sprintf("%s$NEW-%d", p.name, i)
			lines = append(lines, p.subscribe(channel, auth.auth))
			lines = append(lines, p.answers(channel, p.open || auth.right)...)
		}
		lines = append(lines, "a quiet")
	}
	script, err := Parse("matrix", strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(serverFor(t, script, false), script); err != nil {
		t.Error(err)
	}
}

func (p prefix) subscribe(channel, auth string) string {
	signed, member := channel, ""
	if p.presence {
		signed, member = channel+",ann", `,"channel_data":'$USER(ann)'`
	}
	auth = strings.ReplaceAll(auth, "CHANNEL", signed)
	return fmt.Sprintf(`a> {"event":"pusher:subscribe","data":{"channel":%q,"auth":"%s"%s}}`, channel, auth, member)
}

// answers are what a hears, and a publish at the end.
func (p prefix) answers(channel string, in bool) []string {
	publish := "publish " + channel + " e 1"
	if !in {
		return []string{
			fmt.Sprintf(`a< {"event":"pusher:subscription_error","channel":%q,"data":'{"type":"AuthError","error":"*","status":401}'}`, channel),
			`a< {"event":"pusher:error","data":{"code":4009,"message":"*"}}`, publish,
		}
	}
	members := "{}"
	if p.presence {
		members = `{"presence":{"ids":["ann"],"hash":{"ann":{}},"count":1}}`
	}
	lines := []string{fmt.Sprintf(`a< {"event":"pusher_internal:subscription_succeeded","channel":%q,"data":'%s'}`, channel, members)}
	if p.cache {
		lines = append(lines, fmt.Sprintf(`a< {"event":"pusher:cache_miss","channel":%q,"data":"{}"}`, channel))
	}
	return append(lines, publish, fmt.Sprintf(`a< {"event":"e","channel":%q,"data":"1"}`, channel))
}
