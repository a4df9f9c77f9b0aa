package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// describe returns what a server says of a table.
func describe(t *testing.T, m *appManager) *types.TableDescription {
	t.Helper()
	out, err := m.db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &m.opts.TableName})
	if err != nil {
		t.Fatal(err)
	}
	return out.Table
}

func TestTheTableIsCreatedAsDocumented(t *testing.T) {
	for name, start := range servers {
		for _, capacity := range []int64{0, 5} {
			t.Run(name, func(t *testing.T) {
				o := freshTable(start().URL)
				o.ReadCapacity, o.WriteCapacity = capacity, capacity
				table := describe(t, opened(t, o))
				index := table.GlobalSecondaryIndexes[0]
				if key := table.KeySchema; len(key) != 1 || *key[0].AttributeName != "id" || key[0].KeyType != types.KeyTypeHash {
					t.Errorf("key of the table: %+v", key)
				}
				if key := index.KeySchema; len(key) != 1 || *key[0].AttributeName != "key" || *index.IndexName != "KeyIndex" {
					t.Errorf("key of the index %s: %+v", *index.IndexName, key)
				}
				if index.Projection.ProjectionType != types.ProjectionTypeAll || table.TableStatus != types.TableStatusActive {
					t.Errorf("projection %v, status %v", index.Projection.ProjectionType, table.TableStatus)
				}
				if got := aws.ToInt64(table.ProvisionedThroughput.ReadCapacityUnits); got != capacity {
					t.Errorf("read capacity %d, want %d", got, capacity)
				}
			})
		}
	}
}

func TestServersThatStartTogetherMakeOneTable(t *testing.T) {
	o := freshTable(dynalite().URL)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			m, err := open(t.Context(), o)
			if err == nil {
				err = m.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// made creates a table with this key and without an index.
func made(t *testing.T, o options, key string, typ types.ScalarAttributeType) {
	t.Helper()
	_, err := unprepared(t, o).db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &o.TableName, KeySchema: hash(key), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &key, AttributeType: typ}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMissingIndexIsAdded(t *testing.T) {
	o := freshTable(local().URL)
	made(t, o, "id", types.ScalarAttributeTypeS)
	place(t, unprepared(t, o), with(nil))
	m := opened(t, o)
	if _, err := m.FindByKey(t.Context(), "k"); err != nil {
		t.Error(err)
	}
}

func TestATableThatIsNotOneOfAppsIsRefused(t *testing.T) {
	for want, make := range map[string]func(o options){
		`the table must have the hash key "id" (S) alone, has ["pk" (HASH)]; name another table`: func(o options) { made(t, o, "pk", types.ScalarAttributeTypeS) },
		`the table must have the hash key "id" (S) alone, has ["id" (HASH)]`:                     func(o options) { made(t, o, "id", types.ScalarAttributeTypeN) },
		`has no index KeyIndex over the attribute "key" (S), and adding it failed`:               func(o options) { made(t, o, "id", types.ScalarAttributeTypeS) },
	} {
		o := freshTable(dynalite().URL)
		make(o)
		_, err := open(t.Context(), o)
		options, ok := errors.AsType[contract.OptionErrors](err)
		if !ok || options[0].Path != "table_name" || !strings.Contains(options[0].Problem, want) {
			t.Errorf("open: %v, want %q", err, want)
		}
	}
}

// While AWS still makes the table, the caller hears that and is asked to come back.
func TestATableInTheMakingIsNoErrorForGood(t *testing.T) {
	server := answer(t, 200, `{"Table":{"TableStatus":"CREATING"},"TableDescription":{"TableStatus":"CREATING"}}`)
	ctx, cancel := context.WithTimeout(t.Context(), answerBy+4*lookEvery)
	defer cancel()
	_, err := open(ctx, freshTable(server.URL))
	if !errors.Is(err, contract.ErrUnavailable) || contract.RetryAfter(err) == 0 || !strings.Contains(err.Error(), "is being created") {
		t.Errorf("open: %v", err)
	}
	if ctx.Err() != nil {
		t.Error("the answer came after the caller's time")
	}
}
