package faults

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/testserver"
	"github.com/jackfield/jackfield/test/launch"
)

// A store that tells of no changes, and copies that are good for minutes: what an
// operator changes through one node the others hear of from it.
func TestOtherNodesHearOfChangesOverTheBus(t *testing.T) {
	r, st := testserver.StartRedis(t), newStores(t)
	opts := st.options(map[string]any{
		"adapter": map[string]any{"driver": "redis"}, "admin": map[string]any{"token": adminToken},
		"database": map[string]any{"redis": map[string]any{"host": "127.0.0.1", "port": r.Port}},
	})
	opts.Config["app_manager"] = map[string]any{"driver": "filestore", "filestore": map[string]any{"dir": st.app, "blind": true}}
	one, other := built.Start(t, opts), built.Start(t, opts)
	c, err := dial(other.Port, launch.Demo.Key)
	if err != nil {
		t.Fatal(err)
	}
	apps(t, one, "", "set", launch.Demo.ID, "enabled=false").want(t, 0, launch.Demo.ID)
	wantClosed(t, c, 4003)
	apps(t, one, "", "remove", launch.Demo.ID).want(t, 0, "removed")
	until(t, "the other node to know that the app is gone", func() bool {
		status, _ := demoAPI(other).publish("room", "m", "{}")
		return status == 404
	})
}
