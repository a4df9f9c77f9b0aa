package faults

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/test/launch"
)

// shared are the sections of servers that share the cache in files; key "" seals
// nothing.
func (s *stores) shared(key string) launch.Options {
	opts := s.options(map[string]any{"cache": map[string]any{"driver": "filestore", "filestore": map[string]any{"dir": s.cache}}})
	if key != "" {
		opts.Config["app_manager"].(map[string]any)["cache"] = map[string]any{"encryption_key": key}
	}
	return opts
}

const sealingKey = "a key that all nodes know"

func TestNodesFindAppsInTheSharedCache(t *testing.T) {
	st := newStores(t)
	first := built.Start(t, st.shared(sealingKey))
	if _, err := dial(first.Port, launch.Demo.Key); err != nil {
		t.Fatal(err)
	}
	until(t, "the app to stand in the cache", func() bool { return st.cached("app_key:app-key") == "app-id" })
	if text := st.cached("app:app-id"); !strings.Contains(text, `"revision":1`) || strings.Contains(text, launch.Demo.Secret) {
		t.Errorf("the cache holds %s", text)
	}
	second := built.Start(t, st.shared(sealingKey))
	st.mode(st.app, "down")
	before := len(st.calls())
	c, err := dial(second.Port, launch.Demo.Key)
	if err != nil {
		t.Fatalf("a new node while the store is down: %v", err)
	}
	mustPublish(t, demoAPI(second), 200)
	if after := len(st.calls()); after != before {
		t.Errorf("the store was asked %v", st.calls()[before:])
	}
	wantCode(t, second.Port, "unknown-key", 4100)
	st.mode(st.app, "")
	st.put(launch.Demo, 2, map[string]any{"enabled": false})
	wantClosed(t, c, 4003)
	until(t, "the cache to hold the new revision", func() bool {
		text := st.cached("app:app-id")
		return strings.Contains(text, `"revision":2`) && strings.Contains(text, `"enabled":false`)
	})
	if err := os.Remove(st.app + "/app-id.json"); err != nil {
		t.Fatal(err)
	}
	until(t, "the app to be marked as gone", func() bool { return strings.Contains(st.cached("app:app-id"), `"gone":true`) })
	until(t, "the second node to know", func() bool {
		_, err := dial(second.Port, launch.Demo.Key)
		got, ok := errors.AsType[closed](err)
		return ok && got.code == 4001
	})
}

func TestWithoutAKeyTheCacheHoldsNoSecretsAndTheStoreIsAsked(t *testing.T) {
	st := newStores(t)
	for range 2 {
		s := built.Start(t, st.shared(""))
		if _, err := dial(s.Port, launch.Demo.Key); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.Log(), "app_manager.cache.encryption_key") {
			t.Error("the log does not tell")
		}
	}
	if calls := st.calls(); len(calls) != 2 {
		t.Errorf("the store was asked %v", calls)
	}
	until(t, "the app to stand in the cache", func() bool { return st.cached("app_key:app-key") == "app-id" })
	if text := st.cached("app:app-id"); strings.Contains(text, launch.Demo.Secret) || strings.Contains(text, "sealed") {
		t.Errorf("the cache holds %s", text)
	}
}

func TestACacheThatIsDownOrSlowIsAMiss(t *testing.T) {
	for _, mode := range []string{"down", "slow"} {
		t.Run(mode, func(t *testing.T) {
			st := newStores(t)
			s := built.Start(t, st.shared(sealingKey))
			st.mode(st.cache, mode)
			if _, err := dial(s.Port, launch.Demo.Key); err != nil {
				t.Error(err)
			}
			if calls := st.calls(); len(calls) != 1 {
				t.Errorf("the store was asked %v", calls)
			}
		})
	}
}

// member joins a presence channel.
func (c *client) member(channel, user string) error {
	data := fmt.Sprintf(`{"user_id":%q,"user_info":{"name":"N"}}`, user)
	auth := launch.Demo.Key + ":" + sign(launch.Demo.Secret, c.id+":"+channel+":"+data)
	if err := c.send(`{"event":"pusher:subscribe","data":{"channel":%q,"auth":%q,"channel_data":%q}}`, channel, auth, data); err != nil {
		return err
	}
	return c.await("pusher_internal:subscription_succeeded")
}

// signIn makes the client one of a user's.
func (c *client) signIn(user string) error {
	data := fmt.Sprintf(`{"id":%q}`, user)
	auth := launch.Demo.Key + ":" + sign(launch.Demo.Secret, c.id+"::user::"+data)
	if err := c.send(`{"event":"pusher:signin","data":{"auth":%q,"user_data":%q}}`, auth, data); err != nil {
		return err
	}
	return c.await("pusher:signin_success")
}

func TestMembersAndUsersStandInTheSharedCache(t *testing.T) {
	st := newStores(t)
	st.put(launch.Demo, 2, map[string]any{"enable_user_authentication": true})
	s := built.Start(t, st.shared(""))
	var all []*client
	for _, user := range []string{"ann", "ben"} {
		c, err := dial(s.Port, launch.Demo.Key)
		if err == nil {
			err = c.signIn(user)
		}
		if err == nil {
			err = c.member("presence-room", user)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	const list = "presence:app-id:presence-room"
	two := `{"channel":"presence-room","count":2,"members":[{"user_id":"ann","user_info":{"name":"N"}},{"user_id":"ben","user_info":{"name":"N"}}]}`
	until(t, "both members to be listed", func() bool { return st.cached(list) == two })
	until(t, "a user to be listed", func() bool { return st.cached("user:app-id:ben") == `{"user_id":"ben"}` })
	_ = all[1].conn.Close()
	until(t, "one to be gone", func() bool {
		return strings.Contains(st.cached(list), `"count":1`) && st.cached("user:app-id:ben") == ""
	})
	_ = all[0].conn.Close()
	until(t, "both to be gone", func() bool { return st.cached(list) == "" && st.cached("user:app-id:ann") == "" })

	st.mode(st.cache, "down")
	c, err := dial(s.Port, launch.Demo.Key)
	if err == nil {
		err = c.member("presence-room", "ann")
	}
	if err != nil {
		t.Errorf("a member while the cache is down: %v", err)
	}
	until(t, "it to be counted", func() bool { return metric(t, s, "sockudo_directory_skipped_total", "") > 0 })
	st.mode(st.cache, "")
	until(t, "it to be made up for", func() bool { return strings.Contains(st.cached(list), `"count":1`) })
	if err := c.subscribe("room"); err != nil {
		t.Error(err)
	}
}
