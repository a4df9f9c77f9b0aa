package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// keyIndex is the name of the index over keys.
const keyIndex = "KeyIndex"

const (
	// lookEvery is the time between two looks at a table that is not ready.
	lookEvery = 250 * time.Millisecond
	// readyWithin bounds the wait for a table if the caller has no bound.
	readyWithin = 2 * time.Minute
	// answerBy is kept of the caller's time to tell him that it was not enough.
	answerBy = 500 * time.Millisecond
)

// prepare returns when the table and its index can be used, having created
// them if there were none. If that takes longer than ctx allows, the error is
// contract.ErrUnavailable with a hint when to ask again.
func (s *store) prepare(ctx context.Context) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(readyWithin)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-answerBy))
	defer cancel()
	state := ""
	for {
		next, err := s.step(ctx)
		switch {
		case err == nil && next == "":
			return nil
		case err == nil:
			state = next
		case state == "" || !errors.Is(err, contract.ErrTimeout):
			return err
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return &contract.RetryError{
				Err:   fmt.Errorf("%w: table %q %s", contract.ErrUnavailable, s.opts.TableName, state),
				After: lookEvery,
			}
		}
	}
}

// step looks at the table and does the next thing that it lacks. It returns what
// has to be waited for, "" if nothing.
func (s *store) step(ctx context.Context) (state string, err error) {
	out, err := call(ctx, s, s.db.DescribeTable, &dynamodb.DescribeTableInput{TableName: &s.opts.TableName})
	if errors.Is(err, errNoTable) {
		return s.create(ctx)
	}
	if err != nil {
		return "", err
	}
	table := out.Table
	switch table.TableStatus {
	case types.TableStatusCreating:
		return "is being created", nil
	case types.TableStatusDeleting:
		return "is being deleted", nil
	}
	if err := s.checkKey(table.KeySchema, table.AttributeDefinitions, attrID, "the table"); err != nil {
		return "", err
	}
	return s.index(ctx, table)
}

func (s *store) create(ctx context.Context) (state string, err error) {
	in := &dynamodb.CreateTableInput{
		TableName:            &s.opts.TableName,
		KeySchema:            hash(attrID),
		AttributeDefinitions: []types.AttributeDefinition{texts(attrID), texts(attrKey)},
		BillingMode:          types.BillingModePayPerRequest,
	}
	index := types.GlobalSecondaryIndex{IndexName: aws.String(keyIndex), KeySchema: hash(attrKey), Projection: everything()}
	if s.opts.ReadCapacity > 0 {
		in.BillingMode, in.ProvisionedThroughput = types.BillingModeProvisioned, s.throughput()
		index.ProvisionedThroughput = s.throughput()
	}
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{index}
	_, err = call(ctx, s, s.db.CreateTable, in, once)
	return "is being created", unlessUnderWay(err)
}

// index looks at the index over keys, and adds one to a table without it.
func (s *store) index(ctx context.Context, table *types.TableDescription) (state string, err error) {
	i := slices.IndexFunc(table.GlobalSecondaryIndexes, func(d types.GlobalSecondaryIndexDescription) bool {
		return aws.ToString(d.IndexName) == keyIndex
	})
	if i < 0 {
		return s.addIndex(ctx, table)
	}
	index := table.GlobalSecondaryIndexes[i]
	if err := s.checkKey(index.KeySchema, table.AttributeDefinitions, attrKey, "its index "+keyIndex); err != nil {
		return "", err
	}
	if index.IndexStatus != types.IndexStatusActive && index.IndexStatus != types.IndexStatusUpdating {
		return "gets its index " + keyIndex, nil
	}
	return "", nil
}

func (s *store) addIndex(ctx context.Context, table *types.TableDescription) (state string, err error) {
	index := &types.CreateGlobalSecondaryIndexAction{
		IndexName: aws.String(keyIndex), KeySchema: hash(attrKey), Projection: everything(),
	}
	if b := table.BillingModeSummary; b == nil || b.BillingMode != types.BillingModePayPerRequest {
		index.ProvisionedThroughput = s.throughputLike(table)
	}
	_, err = call(ctx, s, s.db.UpdateTable, &dynamodb.UpdateTableInput{
		TableName:                   &s.opts.TableName,
		AttributeDefinitions:        []types.AttributeDefinition{texts(attrID), texts(attrKey)},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: index}},
	}, once)
	if errors.Is(err, errRefused) {
		return "", contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf(
			"table %q has no index %s over the attribute %q (S), and adding it failed (%v); add it, or name another table", s.opts.TableName, keyIndex, attrKey, err)}}
	}
	return "gets its index " + keyIndex, unlessUnderWay(err)
}

// unlessUnderWay is nil if another server does the same thing at this moment.
func unlessUnderWay(err error) error {
	if errors.Is(err, errInUse) {
		return nil
	}
	return err
}

// checkKey wants a table or an index to have one attribute of text as its key.
func (s *store) checkKey(schema []types.KeySchemaElement, attributes []types.AttributeDefinition, name, what string) error {
	typ := types.ScalarAttributeType("")
	for _, t := range attributes {
		if aws.ToString(t.AttributeName) == name {
			typ = t.AttributeType
		}
	}
	if len(schema) == 1 && aws.ToString(schema[0].AttributeName) == name && typ == types.ScalarAttributeTypeS {
		return nil
	}
	var found []string
	for _, e := range schema {
		found = append(found, fmt.Sprintf("%q (%s)", aws.ToString(e.AttributeName), e.KeyType))
	}
	return contract.OptionErrors{{Path: "table_name", Problem: fmt.Sprintf(
		"%q is no table of apps: %s must have the hash key %q (S) alone, has %v; name another table", s.opts.TableName, what, name, found)}}
}

func hash(name string) []types.KeySchemaElement {
	return []types.KeySchemaElement{{AttributeName: aws.String(name), KeyType: types.KeyTypeHash}}
}

func texts(name string) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
}

func everything() *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionTypeAll}
}

func (s *store) throughput() *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{
		ReadCapacityUnits: aws.Int64(s.opts.ReadCapacity), WriteCapacityUnits: aws.Int64(s.opts.WriteCapacity),
	}
}

// throughputLike gives an index the capacity of its table.
func (s *store) throughputLike(table *types.TableDescription) *types.ProvisionedThroughput {
	p := table.ProvisionedThroughput
	if p == nil {
		return s.throughput()
	}
	return &types.ProvisionedThroughput{ReadCapacityUnits: p.ReadCapacityUnits, WriteCapacityUnits: p.WriteCapacityUnits}
}
