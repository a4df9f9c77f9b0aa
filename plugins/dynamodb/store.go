package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/jackfield/jackfield/sdk/contract"
)

// callWithin bounds a call whose caller is more patient.
const callWithin = 10 * time.Second

// store makes the calls to DynamoDB. It is an appstore.Table; its errors are the contract's.
type store struct {
	opts      options
	db        *dynamodb.Client
	transport *http.Transport

	calls, failures, throttled atomic.Uint64
}

// call makes one call, within its bound.
func call[I, O any](ctx context.Context, s *store, f func(context.Context, *I, ...func(*dynamodb.Options)) (*O, error), in *I, opts ...func(*dynamodb.Options)) (*O, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	s.calls.Add(1)
	out, err := f(ctx, in, opts...)
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	return out, nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// Where names the table and the item.
func (s *store) Where(id string) string {
	if id == "" {
		return fmt.Sprintf("table %q", s.opts.TableName)
	}
	return fmt.Sprintf("table %q, item %q", s.opts.TableName, id)
}

// Get returns the item with this id as it is now.
func (s *store) Get(ctx context.Context, id string) (it item, there bool, err error) {
	out, err := call(ctx, s, s.db.GetItem, &dynamodb.GetItemInput{
		TableName: &s.opts.TableName, Key: item{attrID: text(id)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, false, err
	}
	return out.Item, len(out.Item) > 0, nil
}

// mostHolders bounds how many apps with one key are looked at; there should be one.
const mostHolders = 10

// Holders returns the ids of items that have this key as the index knows it: it
// may lag behind the table by a moment.
func (s *store) Holders(ctx context.Context, key string) ([]string, error) {
	out, err := call(ctx, s, s.db.Query, &dynamodb.QueryInput{
		TableName: &s.opts.TableName, IndexName: aws.String(keyIndex), Limit: aws.Int32(mostHolders),
		KeyConditionExpression:    aws.String("#k = :k"),
		ExpressionAttributeNames:  map[string]string{"#k": attrKey},
		ExpressionAttributeValues: item{":k": text(key)},
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, it := range out.Items {
		ids = append(ids, item(it).ID())
	}
	return ids, nil
}

// Scan returns at most limit items after the one with the id after, and the id
// to go on from, "" at the end.
func (s *store) Scan(ctx context.Context, after string, limit int) (page []item, next string, err error) {
	in := &dynamodb.ScanInput{TableName: &s.opts.TableName, Limit: aws.Int32(int32(limit)), ConsistentRead: aws.Bool(true)}
	if after != "" {
		in.ExclusiveStartKey = item{attrID: text(after)}
	}
	out, err := call(ctx, s, s.db.Scan, in)
	if err != nil {
		return nil, "", err
	}
	for _, it := range out.Items {
		page = append(page, it)
	}
	return page, item(out.LastEvaluatedKey).ID(), nil
}

// Insert writes an item where nothing stands.
func (s *store) Insert(ctx context.Context, it item) error { return s.put(ctx, it, nil) }

// Replace writes an item in place of before.
func (s *store) Replace(ctx context.Context, it, before item) error { return s.put(ctx, it, before) }

// put writes an item if what stands there is at the revision of before, or is
// nothing if before is nil. It returns ErrChanged otherwise, and ErrInvalid for
// an item that DynamoDB does not take, such as one that is too large.
func (s *store) put(ctx context.Context, it, before item) error {
	cond := unchanged(before)
	_, err := call(ctx, s, s.db.PutItem, &dynamodb.PutItemInput{
		TableName: &s.opts.TableName, Item: it, ConditionExpression: &cond.text,
		ExpressionAttributeNames: cond.names, ExpressionAttributeValues: cond.values,
	}, once)
	if errors.Is(err, errRefused) {
		return fmt.Errorf("%w: %v", contract.ErrInvalid, err)
	}
	return err
}

// Remove deletes an item as put writes one.
func (s *store) Remove(ctx context.Context, before item) error {
	cond := unchanged(before)
	_, err := call(ctx, s, s.db.DeleteItem, &dynamodb.DeleteItemInput{
		TableName: &s.opts.TableName, Key: item{attrID: before[attrID]}, ConditionExpression: &cond.text,
		ExpressionAttributeNames: cond.names, ExpressionAttributeValues: cond.values,
	}, once)
	return err
}

// condition is a condition of a write.
type condition struct {
	text   string
	names  map[string]string
	values item
}

// unchanged is true while an item is at the revision that it has in before.
func unchanged(before item) condition {
	c := condition{text: "attribute_not_exists(#i)", names: map[string]string{"#i": attrID}}
	if before == nil {
		return c
	}
	c.names["#r"] = attrRevision
	if revision, ok := before[attrRevision]; ok {
		c.text, c.values = "attribute_exists(#i) AND #r = :r", item{":r": revision}
	} else {
		c.text = "attribute_exists(#i) AND attribute_not_exists(#r)"
	}
	return c
}

// close ends idle connections. No call may follow.
func (s *store) close() { s.transport.CloseIdleConnections() }
