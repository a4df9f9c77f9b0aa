package testserver

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/jackfield/jackfield/sdk/testserver.init.func1.1"))
}

func ask(t *testing.T, addr string, words ...string) string {
	t.Helper()
	return askIt(t, &Redis{Addr: addr}, words...)
}

func askIt(t *testing.T, r *Redis, words ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := r.ask(ctx, words...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestRedisAnswersAndComesBack(t *testing.T) {
	r := StartRedis(t, "maxclients 77")
	if got := ask(t, r.Addr, "PING"); got != "+PONG" {
		t.Errorf("PING: %s", got)
	}
	r.Kill()
	if r.Running() {
		t.Error("it runs although it was killed")
	}
	r.Restart()
	if got := ask(t, r.Addr, "INFO", "clients"); !strings.Contains(got, "maxclients:77") {
		t.Errorf("after the restart: %s", got)
	}
}

func TestAPausedServerKeepsItsConnections(t *testing.T) {
	r := StartRedis(t)
	r.Pause()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if answer, err := r.ask(ctx, "PING"); err == nil {
		t.Errorf("a stopped server answered %s", answer)
	}
	r.Resume()
	ask(t, r.Addr, "PING")
}

func TestRedisClusterIsWhole(t *testing.T) {
	c := StartRedisCluster(t, 0)
	for _, n := range c.Nodes {
		if got := ask(t, n.Addr, "CLUSTER", "INFO"); !strings.Contains(got, "cluster_slots_ok:16384") {
			t.Errorf("node %s: %s", n.Addr, got)
		}
	}
}

func TestSentinelsReplaceADeadMaster(t *testing.T) {
	s := StartRedisSentinel(t)
	s.Master.Kill()
	deadline := time.Now().Add(patience)
	for !becameMaster(s.Replica.Addr) {
		if time.Now().After(deadline) {
			t.Fatal("the replica did not become the master")
		}
	}
}

// becameMaster asks a replica, which drops connections when it is promoted.
func becameMaster(addr string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	info, err := (&Redis{Addr: addr}).ask(ctx, "INFO", "replication")
	return err == nil && strings.Contains(info, "role:master")
}

func TestRedisWithTLSAnswersOnlyWhoHasACertificate(t *testing.T) {
	certs := NewCertificates(t)
	r := StartRedisTLS(t, certs, true)
	if got := askIt(t, r, "PING"); got != "+PONG" {
		t.Errorf("PING: %s", got)
	}
	plain := &Redis{Addr: r.Addr}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if answer, err := plain.ask(ctx, "PING"); err == nil && answer == "+PONG" {
		t.Error("it answers without TLS")
	}
}

// failing is a TB that remembers what it was told.
type failing struct {
	*testing.T
	text string
}

func (f *failing) Fatalf(format string, _ ...any) { f.text = format }

func TestAServerThatIsNotThereSaysHowToGetIt(t *testing.T) {
	f := &failing{T: t}
	Start(f, Command{Name: "nothing", Path: "/no/such/program", Dir: t.TempDir()})
	if !strings.Contains(f.text, "make deps") {
		t.Errorf("the message is %q", f.text)
	}
}
