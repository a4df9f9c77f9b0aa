package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// busPair are two nodes that listen to "t" in every cell.
func busPair(t *testing.T, b *bus, lease time.Duration) (one, two *busNode) {
	t.Helper()
	one, two = joinBus(t, b, lease), joinBus(t, b, lease)
	one.listens("t")
	two.listens("t")
	return one, two
}

// wantFenced expects a session whose lease is gone.
func wantFenced(t *testing.T, n *busNode) {
	t.Helper()
	n.until("a fenced Renew", func(ctx context.Context) error {
		_, err := n.Renew(ctx)
		if errors.Is(err, contract.ErrFenced) {
			return nil
		}
		return errors.Join(errors.New("the lease still runs"), err)
	})
}

func TestBusGoesOnAfterItsPubSubConnectionsWereCut(t *testing.T) {
	for name, topology := range topologies {
		t.Run(name, func(t *testing.T) {
			b := newBus(t, busAt(topology()))
			one, two := busPair(t, b, time.Minute)
			one.says(3, "t", "before")
			two.hears(3, "t", "before")
			err := b.commands.forEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
				return node.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub").Err()
			})
			if err != nil {
				t.Fatal(err)
			}
			for cell := range uint32(busCells) {
				two.tellsLoss(cell)
				one.says(cell, "t", "after")
				two.hears(cell, "t", "after")
			}
			one.enters(5, "ann")
			if users := two.users(5); users["ann"] != 1 {
				t.Errorf("users after the cut: %v", users)
			}
		})
	}
}

func TestBusBeginsANewEpochWhenRedisComesBackEmpty(t *testing.T) {
	server := testserver.StartRedis(t)
	b := newBus(t, busAt(toStandalone(server)))
	one, two := busPair(t, b, time.Minute)
	before := one.enters(2, "ann")
	server.Restart()
	two.tellsLoss(2)
	wantFenced(t, one)
	again := joinBus(t, b, time.Minute)
	after := again.enters(2, "ann")
	if after.Epoch <= before.Epoch || !after.Results[0].First || after.Results[0].Seq != 1 {
		t.Errorf("after the restart: %+v, before: %+v", after, before)
	}
}

func TestBusIsFencedWhenEverythingWasDeleted(t *testing.T) {
	server := testserver.StartRedis(t)
	b := newBus(t, busAt(toStandalone(server)))
	one := joinBus(t, b, time.Minute)
	before := one.enters(2, "ann")
	if err := b.commands.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := one.Apply(patient(t), one.enter(2, "ben"))
	if !errors.Is(err, contract.ErrFenced) {
		t.Errorf("Apply after FLUSHALL: %v", err)
	}
	one.tellsLoss(2)
	again := joinBus(t, b, time.Minute)
	if after := again.enters(2, "ann"); after.Epoch <= before.Epoch || !after.Results[0].First {
		t.Errorf("after FLUSHALL: %+v, before: %+v", after, before)
	}
}

func TestBusKeepsHoldingsOverARestartWithADisk(t *testing.T) {
	server := testserver.StartRedis(t, "appendonly yes", "appendfsync always")
	b := newBus(t, busAt(toStandalone(server)))
	one, two := busPair(t, b, time.Hour)
	before := one.enters(2, "ann")
	server.Restart()
	two.tellsLoss(2)
	after := one.enters(2, "ann")
	if after.Epoch <= before.Epoch || after.Results[0].First || after.Results[0].Total != 1 {
		t.Errorf("after the restart: %+v, before: %+v", after, before)
	}
	if users := two.users(2); users["ann"] != 1 {
		t.Errorf("users after the restart: %v", users)
	}
}

func TestBusWaitsForNobodyWhileRedisHangs(t *testing.T) {
	server := testserver.StartRedis(t)
	b := newBus(t, busAt(toStandalone(server)))
	const lease = 2 * time.Second
	one, two := busPair(t, b, lease)
	one.enters(2, "ann")
	server.Pause()
	stopped := time.Now()
	for what, command := range map[string]func(context.Context) error{
		"Publish": func(ctx context.Context) error {
			return one.Publish(ctx, []contract.BusMessage{{Topic: busTopic(2, "t")}})
		},
		"Apply":     func(ctx context.Context) error { _, err := one.Apply(ctx, one.enter(2, "ben")); return err },
		"Subscribe": func(ctx context.Context) error { return one.Subscribe(ctx, []contract.Topic{busTopic(2, "new")}) },
		"Renew":     func(ctx context.Context) error { _, err := one.Renew(ctx); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if err := command(ctx); !errors.Is(err, contract.ErrTimeout) && !errors.Is(err, contract.ErrUnavailable) {
			t.Errorf("%s while Redis hangs: %v", what, err)
		}
		cancel()
	}
	<-time.After(lease - time.Since(stopped))
	server.Resume()
	wantFenced(t, one)
	wantFenced(t, two)
	again := joinBus(t, b, time.Minute)
	again.enters(2, "cid")
	again.until("Retire", func(ctx context.Context) error { return again.Retire(ctx, one.info.Incarnation) })
	if users := again.users(2); len(users) != 1 || users["cid"] != 1 {
		t.Errorf("users after the pause: %v, want cid alone", users)
	}
}

func TestBusFailsAtOnceWhileRedisIsGone(t *testing.T) {
	server := testserver.StartRedis(t)
	b := newBus(t, busAt(toStandalone(server)))
	one, two := busPair(t, b, time.Hour)
	server.Kill()
	for range 100 {
		err := one.Publish(patient(t), []contract.BusMessage{{Topic: busTopic(2, "t"), Body: []byte("x")}})
		if !errors.Is(err, contract.ErrUnavailable) {
			t.Fatalf("Publish: %v", err)
		}
	}
	if _, err := b.Open(patient(t), contract.NodeInfo{ID: "n", Incarnation: "i", Lease: time.Hour, Cells: busCells}); !errors.Is(err, contract.ErrUnavailable) {
		t.Errorf("Open: %v", err)
	}
	server.Restart()
	two.hearsOnceMore(one, 2, "t")
	two.tellsLoss(2)
}

func TestBusRefusesWhatDoesNotFitWhileRedisHangs(t *testing.T) {
	server := testserver.StartRedis(t)
	b := newBus(t, busAt(toStandalone(server)))
	one := joinBus(t, b, time.Hour)
	server.Pause()
	defer server.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	const callers, size = 40, 1 << 20
	errs := make(chan error, callers)
	for range callers {
		go func() {
			errs <- one.Publish(ctx, []contract.BusMessage{{Topic: busTopic(2, "t"), Body: make([]byte, size)}})
		}()
	}
	refused := 0
	for range callers {
		if err := <-errs; errors.Is(err, contract.ErrOverloaded) {
			refused++
		} else if !errors.Is(err, contract.ErrTimeout) {
			t.Errorf("Publish: %v", err)
		}
	}
	// A message counts for a little more than its body, and on a busy machine all
	// come before the first is under way.
	if most := callers - (busQueueBytes/size - 1); refused == 0 || refused > most {
		t.Errorf("%d of %d messages were refused, want 1 to %d", refused, callers, most)
	}
}

func TestBusRefusesAnotherLayoutOfKeys(t *testing.T) {
	b := newBus(t, busAt(toStandalone(standalone())))
	joinBus(t, b, time.Minute)
	keys := newBusKeys(b.prefix, busCells)
	if err := b.commands.HSet(t.Context(), keys.schema(), "schema", "2").Err(); err != nil {
		t.Fatal(err)
	}
	_, err := b.Open(patient(t), contract.NodeInfo{ID: "n", Incarnation: "i", Lease: time.Minute, Cells: busCells})
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), keys.schema()) || !strings.Contains(err.Error(), "schema 1") {
		t.Errorf("Open: %v", err)
	}
}

func TestBusGivesBackVeryMuchInParts(t *testing.T) {
	b := newBus(t, busAt(toStandalone(standalone())))
	one, two := joinBus(t, b, time.Hour), joinBus(t, b, time.Hour)
	const users = 5000
	for done := 0; done < users; {
		req := one.enter(2, "0")
		for req.Changes = nil; len(req.Changes) < 500; done++ {
			ch := one.enter(2, strconv.Itoa(done)).Changes[0]
			req.Changes = append(req.Changes, ch)
		}
		req.Version = one.versions[2]
		if _, err := one.Apply(patient(t), req); err != nil {
			t.Fatal(err)
		}
	}
	two.enters(2, "0")
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if held := two.users(2); len(held) != 1 || held["0"] != 1 {
		t.Errorf("%d users are left", len(held))
	}
	p, err := two.Renew(patient(t))
	if want := uint64(2*users + 1); err != nil || p[2].Seq != want {
		t.Errorf("%d changes, %v, want %d", p[2].Seq, err, want)
	}
	info := one.info
	if _, err := b.Open(patient(t), info); !errors.Is(err, contract.ErrFenced) {
		t.Errorf("Open of an incarnation that gave back: %v", err)
	}
}

// busRights are those that README.md says a user needs, for a prefix.
func busRights(t *testing.T, prefix string, more string) (rights []any) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rule, found := strings.Cut(string(readme), "ACL SETUSER jackfield ")
	rule, _, _ = strings.Cut(rule, "\n\n")
	if !found || !strings.Contains(string(readme), "`"+more+"`") {
		t.Fatal("README.md does not say which rights the bus needs")
	}
	for _, word := range strings.Fields(strings.ReplaceAll(rule+" "+more, "<prefix>", prefix)) {
		rights = append(rights, word)
	}
	return rights
}

func TestBusNeedsNoMoreRightsThanItsReadmeSays(t *testing.T) {
	for name, topology := range topologies {
		t.Run(name, func(t *testing.T) {
			o := busAt(topology())
			admin := open(t, o.Connection, classCommands)
			words := append([]any{"ACL", "SETUSER", "busonly"}, busRights(t, o.Prefix, "+cluster|slots")...)
			err := admin.forEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
				return node.Do(ctx, words...).Err()
			})
			if err != nil {
				t.Fatal(err)
			}
			o.Connection.Username, o.Connection.Password = "busonly", "secret"
			b := newBus(t, o)
			one, two := busPair(t, b, time.Minute)
			one.says(2, "t", "hello")
			two.hears(2, "t", "hello")
			one.enters(2, "ann")
			if _, err := two.Renew(patient(t)); err != nil {
				t.Errorf("Renew: %v", err)
			}
			if err := b.Health(patient(t)); err != nil {
				t.Errorf("Health: %v", err)
			}
			if err := b.commands.Set(patient(t), "elsewhere", 1, 0).Err(); err == nil {
				t.Error("the user may write under another prefix: the test proves nothing")
			}
		})
	}
}

func TestBusSaysWhichRightsAreMissing(t *testing.T) {
	for what, rights := range map[string]string{
		"no INFO":     "user app on >secret ~* &* +@all -@dangerous",
		"no channels": "user app on >secret ~* resetchannels +@all",
		"no keys":     "user app on >secret &* +@all",
	} {
		o := busAt(toStandalone(testserver.StartRedis(t, rights)))
		o.Connection.Username, o.Connection.Password = "app", "secret"
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := newBus(t, o).Open(ctx, contract.NodeInfo{ID: "n", Incarnation: "i", Lease: time.Minute, Cells: busCells})
		cancel()
		if !errors.Is(err, contract.ErrAuth) || !strings.Contains(err.Error(), "docs/redis.md") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// throughProxy returns a bus whose way to a Redis a test can disturb.
func throughProxy(t *testing.T, server *testserver.Redis) (*bus, *toxiproxy.Proxy) {
	t.Helper()
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(proxies, "redis", "127.0.0.1:0", server.Addr)
	if err := proxies.Collection.Add(proxy, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	way := toStandalone(server)
	way.Addresses = []string{proxy.Listen}
	return newBus(t, busAt(way)), proxy
}

func addToxic(t *testing.T, proxy *toxiproxy.Proxy, kind, stream string) {
	t.Helper()
	text := `{"name":"fault","type":"` + kind + `","stream":"` + stream + `","attributes":{"timeout":0}}`
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func TestBusAppliesOnceAlthoughTheReplyWasLost(t *testing.T) {
	server := standalone()
	b, proxy := throughProxy(t, server)
	one, two := busPair(t, b, time.Minute)
	req := one.enter(4, "ann")
	addToxic(t, proxy, "reset_peer", "downstream")
	applied := make(chan contract.Verdict, 1)
	go func() {
		v, err := one.Apply(context.Background(), req)
		if err != nil {
			t.Errorf("Apply whose reply was lost: %v", err)
		}
		applied <- v
	}()
	straight := open(t, toStandalone(server), classCommands)
	log := newBusKeys(b.prefix, busCells).cells[4] + "log"
	two.until("the change in the log", func(ctx context.Context) error {
		if n := straight.XLen(ctx, log).Val(); n != 1 {
			return errors.New("it is not there")
		}
		return nil
	})
	if err := proxy.Toxics.RemoveToxic(t.Context(), "fault"); err != nil {
		t.Fatal(err)
	}
	v := <-applied
	if len(v.Results) != 1 || !v.Results[0].First || v.Results[0].Seq != 1 {
		t.Errorf("verdict of an apply whose reply was lost: %+v", v)
	}
	if n := straight.XLen(t.Context(), log).Val(); n != 1 {
		t.Errorf("the log has %d changes, want 1", n)
	}
}

func TestBusNoticesAConnectionThatIsDeadAndOpen(t *testing.T) {
	b, proxy := throughProxy(t, standalone())
	one, two := busPair(t, b, time.Minute)
	addToxic(t, proxy, "timeout", "downstream")
	_ = one.Publish(patient(t), []contract.BusMessage{{Topic: busTopic(1, "t"), Body: []byte("unheard")}})
	if err := proxy.Toxics.RemoveToxic(t.Context(), "fault"); err != nil {
		t.Fatal(err)
	}
	two.hearsOnceMore(one, 1, "t")
}
