package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/testserver"
)

// ownerOf finds the master of a cell in a cluster and its id there.
func ownerOf(t *testing.T, b *bus, cell uint32) (node *redis.Client, id string) {
	t.Helper()
	node, err := b.commands.UniversalClient.(*redis.ClusterClient).MasterForKey(t.Context(), newBusKeys(b.prefix, busCells).meta(cell))
	if err != nil {
		t.Fatal(err)
	}
	if id, err = node.Do(t.Context(), "CLUSTER", "MYID").Text(); err != nil {
		t.Fatal(err)
	}
	return node, id
}

// busCellsOf are the cells of a bus by the address of their master.
func busCellsOf(t *testing.T, b *bus) map[string][]uint32 {
	t.Helper()
	cells := map[string][]uint32{}
	for cell := range uint32(busCells) {
		node, _ := ownerOf(t, b, cell)
		cells[node.Options().Addr] = append(cells[node.Options().Addr], cell)
	}
	return cells
}

func TestBusOutlivesAMasterOfTheCluster(t *testing.T) {
	c := testserver.StartRedisCluster(t, 1)
	b := newBus(t, busAt(toCluster(c)))
	one, two := busPair(t, b, time.Hour)
	before := map[uint32]uint64{}
	for cell := range uint32(busCells) {
		before[cell] = one.enters(cell, "ann").Epoch
	}
	cells := busCellsOf(t, b)
	dead := c.Nodes[slices.IndexFunc(c.Nodes, func(r *testserver.Redis) bool { return len(cells[r.Addr]) > 0 })]
	awaitReplica(t, b)
	dead.Kill()
	for cell := range uint32(busCells) {
		if !slices.Contains(cells[dead.Addr], cell) {
			one.says(cell, "t", "others go on")
			two.hears(cell, "t", "others go on")
			if two.lost[cell] {
				t.Errorf("a loss was told in cell %d, whose master lives", cell)
			}
		}
	}
	for _, cell := range cells[dead.Addr] {
		two.tellsLoss(cell)
		two.hearsOnceMore(one, cell, "t")
		v := one.enters(cell, "ann")
		if v.Epoch <= before[cell] || v.Results[0].Total != 1 {
			t.Errorf("cell %d after the promotion: %+v, before: epoch %d", cell, v, before[cell])
		}
	}
}

// awaitReplica waits until every replica has what its master has.
func awaitReplica(t *testing.T, b *bus) {
	t.Helper()
	err := b.commands.forEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
		if n, err := node.Wait(ctx, 1, patience).Result(); n < 1 || err != nil {
			return fmt.Errorf("%d replicas: %w", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBusFollowsASlotThatMoves(t *testing.T) {
	c := testserver.StartRedisCluster(t, 0)
	b := newBus(t, busAt(toCluster(c)))
	one, two := busPair(t, b, time.Hour)
	const cell = 5
	one.enters(cell, "ann")
	moveSlot(t, b, cell)
	two.tellsLoss(cell)
	two.hearsOnceMore(one, cell, "t")
	one.enters(cell, "ben")
	if users := two.users(cell); users["ann"] != 1 || users["ben"] != 1 {
		t.Errorf("users after the move: %v", users)
	}
}

// moveSlot moves the slot of a cell to another master, as redis-cli does.
func moveSlot(t *testing.T, b *bus, cell uint32) {
	t.Helper()
	keys := newBusKeys(b.prefix, busCells)
	slot := slotOf(keys.meta(cell))
	from, fromID := ownerOf(t, b, cell)
	var to *redis.Client
	var toID string
	for other := range uint32(busCells) {
		if node, id := ownerOf(t, b, other); id != fromID {
			to, toID = node, id
		}
	}
	ctx := patient(t)
	tell := func(node *redis.Client, words ...any) {
		if err := node.Do(ctx, words...).Err(); err != nil {
			t.Fatalf("%v: %v", words, err)
		}
	}
	tell(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", fromID)
	tell(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", toID)
	host, port, _ := strings.Cut(to.Options().Addr, ":")
	for {
		names, err := from.ClusterGetKeysInSlot(ctx, slot, 100).Result()
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			break
		}
		words := []any{"MIGRATE", host, port, "", 0, 5000, "KEYS"}
		for _, name := range names {
			words = append(words, name)
		}
		tell(from, words...)
	}
	tell(to, "CLUSTER", "SETSLOT", slot, "NODE", toID)
	tell(from, "CLUSTER", "SETSLOT", slot, "NODE", toID)
}

func TestBusFollowsTheSentinels(t *testing.T) {
	s := testserver.StartRedisSentinel(t)
	b := newBus(t, busAt(toSentinel(s)))
	one, two := busPair(t, b, time.Hour)
	before := one.enters(2, "ann")
	awaitReplica(t, b)
	s.Master.Kill()
	two.tellsLoss(2)
	two.hearsOnceMore(one, 2, "t")
	after := one.enters(2, "ann")
	if after.Epoch <= before.Epoch || after.Results[0].Total != 1 {
		t.Errorf("after the promotion: %+v, before: %+v", after, before)
	}
	two.until("an end of the log of the epoch before", func(ctx context.Context) error {
		page, err := two.Snapshot(ctx, 2, "")
		if err == nil && page.Position.Epoch != after.Epoch {
			err = errors.New("another epoch")
		}
		return err
	})
}
