package faults

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// inRedis asks a Redis as another program would.
func inRedis(t *testing.T, r *testserver.Redis, words ...string) string {
	t.Helper()
	out, err := exec.Command("redis-cli", append([]string{"-h", "127.0.0.1", "-p", fmt.Sprint(r.Port)}, words...)...).Output()
	if err != nil {
		t.Fatalf("redis-cli %v: %v", words, err)
	}
	return strings.TrimSpace(string(out))
}

// lives checks how many seconds a key has left.
func lives(t *testing.T, r *testserver.Redis, key string, most int) {
	t.Helper()
	if left, err := strconv.Atoi(inRedis(t, r, "TTL", key)); err != nil || left < 1 || left > most {
		t.Errorf("%s lives %d s, %v; at most %d", key, left, err, most)
	}
}

func TestAppsStandInRedis(t *testing.T) {
	const key = "sockudo_cache:app:app-id"
	r, st := testserver.StartRedis(t), newStores(t)
	opts := st.options(redisConfig(r, "cache"))
	opts.Config["app_manager"] = map[string]any{
		"driver": "filestore", "filestore": map[string]any{"dir": st.app}, "cache": map[string]any{"encryption_key": sealingKey},
	}
	first, second := built.Start(t, opts), built.Start(t, opts)
	if _, err := dial(first.Port, launch.Demo.Key); err != nil {
		t.Fatal(err)
	}
	until(t, "the app to stand in Redis", func() bool { return inRedis(t, r, "GET", "sockudo_cache:app_key:app-key") == "app-id" })
	lives(t, r, key, 300)
	if text := inRedis(t, r, "GET", key); strings.Contains(text, launch.Demo.Secret) || !strings.Contains(text, `"revision":1`) {
		t.Errorf("there is %s", text)
	}
	st.mode(st.app, "down")
	before := len(st.calls())
	if _, err := dial(second.Port, launch.Demo.Key); err != nil {
		t.Errorf("from Redis while the store is down: %v", err)
	}
	mustPublish(t, demoAPI(second), 200)
	if after := st.calls(); len(after) != before {
		t.Errorf("the store was asked %v", after[before:])
	}
	st.mode(st.app, "")
	st.put(launch.Demo, 2, nil)
	until(t, "the next revision to stand in Redis", func() bool { return strings.Contains(inRedis(t, r, "GET", key), `"revision":2`) })

	third := built.Start(t, opts)
	r.Kill()
	if _, err := dial(third.Port, launch.Demo.Key); err != nil {
		t.Errorf("from the store while Redis is away: %v", err)
	}
}

func TestPeopleStandInRedis(t *testing.T) {
	const list, user = "sockudo_cache:presence:app-id:presence-room", "sockudo_cache:user:app-id:ann"
	r := testserver.StartRedis(t)
	demo := launch.Demo
	demo.Fields = map[string]any{"enable_user_authentication": true}
	s := built.Start(t, launch.Options{Apps: []launch.App{demo}, Config: redisConfig(r, "cache")})
	c, err := dial(s.Port, launch.Demo.Key)
	if err == nil {
		err = c.signIn("ann")
	}
	if err == nil {
		err = c.member("presence-room", "ann")
	}
	if err != nil {
		t.Fatal(err)
	}
	want := `{"channel":"presence-room","count":1,"members":[{"user_id":"ann","user_info":{"name":"N"}}]}`
	until(t, "the member and the user to be listed", func() bool {
		return inRedis(t, r, "GET", list) == want && inRedis(t, r, "GET", user) == `{"user_id":"ann"}`
	})
	lives(t, r, list, 60)
	lives(t, r, user, 60)
	_ = c.conn.Close()
	until(t, "them to be gone", func() bool { return inRedis(t, r, "EXISTS", list, user) == "0" })
}
