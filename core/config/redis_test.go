package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackfield/jackfield/sdk/contract"
)

// options returns what the driver of a kind is given.
func options(t *testing.T, c *Config, kind contract.Kind) map[string]any {
	t.Helper()
	var decoded map[string]any
	if err := json.Unmarshal(c.Choices()[kind].Options, &decoded); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return decoded
}

// connectionOf returns the connection of a kind in short: mode, user:password@
// addresses/db, and tls.
func connectionOf(t *testing.T, c *Config, kind contract.Kind) string {
	t.Helper()
	var o struct {
		Connection connection `json:"connection"`
	}
	if err := json.Unmarshal(c.Choices()[kind].Options, &o); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	text := o.Connection.Mode + " " + o.Connection.Username + ":" + o.Connection.Password +
		"@" + strings.Join(o.Connection.Addresses, ",") + "/" + string(rune('0'+o.Connection.DB))
	if o.Connection.TLS != nil {
		text += " tls"
	}
	return text
}

func TestWhichRedisAComponentUses(t *testing.T) {
	tests := map[string]struct {
		file string
		env  []string
		want string // of the cache
	}{
		"host and port": {
			`{"database": {"redis": {"host": "h", "port": 1, "db": 2, "username": "u", "password": "p"}}}`, nil,
			"standalone u:p@h:1/2",
		},
		"the environment's host before the file's": {
			`{"database": {"redis": {"host": "h"}}}`, []string{"DATABASE_REDIS_HOST=e"}, "standalone :@e:6379/0",
		},
		"a host that is a URL": {`{"database": {"redis": {"host": "rediss://h", "port": 7}}}`, nil, "standalone :@h:7/0 tls"},
		"an IPv6 host":         {`{"database": {"redis": {"host": "::1"}}}`, nil, "standalone :@[::1]:6379/0"},
		"REDIS_URL before host and port": {
			`{"database": {"redis": {"host": "h", "password": "p"}}}`, []string{"REDIS_URL=redis://:q@r:2/3"}, "standalone :q@r:2/3",
		},
		"the shared URL of the file": {`{"database": {"redis": {"url": "redis://s"}}}`, nil, "standalone :@s:6379/0"},
		"the component's URL in the file before REDIS_URL": {
			`{"cache": {"redis": {"url_override": "redis://own/1"}}}`, []string{"REDIS_URL=redis://r"}, "standalone :@own:6379/1",
		},
		"the component's environment name before all": {
			`{"cache": {"redis": {"url_override": "redis://own/1"}}}`,
			[]string{"REDIS_URL=redis://r", "CACHE_REDIS_URL=redis://env:1?db=4"},
			"standalone :@env:1/4",
		},
		"rediss is TLS": {``, []string{"REDIS_URL=rediss://u:p%40@r"}, "standalone u:p@@r:6379/0 tls"},
		"a unix socket": {``, []string{"REDIS_URL=unix://:p@/run/redis.sock?db=1"}, "standalone :p@unix:///run/redis.sock/1"},
		"sentinels": {
			`{"database": {"redis": {"sentinels": [{"host": "s1"}, "s2:1"], "password": "p"}}}`, nil,
			"sentinel :p@s1:26379,s2:1/0",
		},
		"an own URL switches sentinels off": {
			`{"database": {"redis": {"sentinels": ["s1"]}}}`, []string{"CACHE_REDIS_URL=redis://own"}, "standalone :@own:6379/0",
		},
		"TLS to the master counts for an own URL": {
			`{"database": {"redis": {"master_tls": {"enabled": true}}}}`,
			[]string{"CACHE_REDIS_URL=redis://own"},
			"standalone :@own:6379/0 tls",
		},
		"cluster nodes": {
			`{"cache": {"driver": "redis-cluster"}, "database": {"redis": {"password": "p", "cluster": {"nodes": ["n:1"]}, "cluster_nodes": ["old:1"]}}}`,
			nil, "cluster :p@n:1/0",
		},
		"cluster nodes in their older place": {
			`{"cache": {"driver": "redis-cluster"}, "database": {"redis": {"cluster_nodes": [{"host": "old", "port": 7002}]}}}`,
			nil, "cluster :@old:7002/0",
		},
		"cluster credentials before the plain ones": {
			`{"cache": {"driver": "redis-cluster"}, "database": {"redis": {"username": "u", "password": "p"}}}`,
			[]string{"REDIS_CLUSTER_NODES=a:1,b:2", "DATABASE_REDIS_CLUSTER_USERNAME=cu", "DATABASE_REDIS_CLUSTER_PASSWORD=cp"},
			"cluster cu:cp@a:1,b:2/0",
		},
		"credentials in a node before all": {
			`{"cache": {"driver": "redis-cluster"}}`, []string{"REDIS_CLUSTER_NODES=rediss://nu:np@a:1"}, "cluster nu:np@a:1/0 tls",
		},
		"the longer name of the nodes before the shorter": {
			`{"cache": {"driver": "redis-cluster"}}`,
			[]string{"REDIS_CLUSTER_NODES=a:1", "DATABASE_REDIS_CLUSTER_NODES=b:1"},
			"cluster :@b:1/0",
		},
		"cluster mode with an own URL starts from that": {
			`{"cache": {"redis": {"cluster_mode": true, "url_override": "redis://seed:7000/2"}}, "database": {"redis": {"cluster": {"nodes": ["n:1"]}}}}`,
			nil, "cluster :@seed:7000/0",
		},
		"cluster without nodes starts from the host": {
			`{"cache": {"driver": "redis-cluster"}, "database": {"redis": {"host": "h"}}}`, nil, "cluster :@h:6379/0",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := "c.json"
			if tt.file == "" {
				file = ""
			}
			c := mustLoad(t, file, tt.file, tt.env...)
			if got := connectionOf(t, c, contract.KindCache); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestOwnNodesOfQueueAndAdapter(t *testing.T) {
	c := mustLoad(t, "c.json", `{
		"queue": {"driver": "redis-cluster", "redis_cluster": {"nodes": ["q:1"]}},
		"adapter": {"driver": "redis-cluster", "cluster": {"nodes": ["a:1"]}},
		"rate_limiter": {"driver": "redis-cluster"}
	}`, "DATABASE_REDIS_CLUSTER_NODES=shared:1")
	want := map[contract.Kind]string{
		contract.KindQueue: "cluster :@q:1/0", contract.KindAdapter: "cluster :@a:1/0", contract.KindRateLimiter: "cluster :@shared:1/0",
	}
	for kind, connection := range want {
		if got := connectionOf(t, c, kind); got != connection {
			t.Errorf("%s: got %s, want %s", kind, got, connection)
		}
	}
}

func TestUnsetDriversFollowTheAddresses(t *testing.T) {
	tests := map[string]struct {
		file         string
		env          []string
		cache, queue string
	}{
		"nothing":                    {`{}`, nil, "memory", "memory"},
		"REDIS_URL":                  {`{}`, []string{"REDIS_URL=redis://r"}, "redis", "redis"},
		"an address of the cache":    {`{}`, []string{"CACHE_REDIS_URL=redis://r"}, "redis", "memory"},
		"an address of the queue":    {`{"queue": {"redis": {"url_override": "redis://r"}}}`, nil, "memory", "redis"},
		"a host":                     {`{"database": {"redis": {"host": "h"}}}`, nil, "redis", "redis"},
		"any other key of Redis":     {`{}`, []string{"DATABASE_REDIS_PASSWORD=p"}, "redis", "redis"},
		"nodes only":                 {`{}`, []string{"REDIS_CLUSTER_NODES=n:1"}, "redis-cluster", "redis-cluster"},
		"what is set counts":         {`{"cache": {"driver": "none"}}`, []string{"QUEUE_DRIVER=sqs", "REDIS_URL=redis://r"}, "none", "sqs"},
		"null is not set":            {`{"cache": {"driver": null}, "queue": null}`, nil, "memory", "memory"},
		"the limiter's own does not": {`{"rate_limiter": {"redis": {"url_override": "redis://r"}}}`, nil, "memory", "memory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := mustLoad(t, "c.json", tt.file, tt.env...)
			if c.Cache.Driver != tt.cache || c.Queue.Driver != tt.queue {
				t.Errorf("cache %s, queue %s, want %s and %s", c.Cache.Driver, c.Queue.Driver, tt.cache, tt.queue)
			}
		})
	}
}

func TestPrefixes(t *testing.T) {
	c := mustLoad(t, "c.json", `{"cache": {"redis": {"prefix": null}}, "database": {"redis": {"key_prefix": "mine:"}},
		"rate_limiter": {"driver": "redis"}, "adapter": {"driver": "redis", "redis": {"prefix": "bus:"}}}`)
	got := map[contract.Kind]any{}
	for _, kind := range []contract.Kind{contract.KindCache, contract.KindQueue, contract.KindRateLimiter, contract.KindAdapter} {
		got[kind] = options(t, c, kind)["prefix"]
	}
	want := map[contract.Kind]any{
		contract.KindCache: "mine:cache:", contract.KindQueue: "sockudo_queue:",
		contract.KindRateLimiter: "sockudo_rl:", contract.KindAdapter: "bus:",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
