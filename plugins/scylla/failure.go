package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"

	"github.com/jackfield/jackfield/sdk/contract"
)

// overloadPause is how long a caller should leave nodes alone that have too much to do.
const overloadPause = time.Second

// fail counts an error and makes it one of the contract's. What is said names
// the table and, where it may be wrong, the option.
func (s *store) fail(ctx context.Context, err error) error {
	s.failures.Add(1)
	return fmt.Errorf("table %s: %w", s.opts.table(), s.classify(ctx, err))
}

func (s *store) classify(ctx context.Context, err error) error {
	if refusal, ok := errors.AsType[gocql.RequestError](err); ok {
		return s.refused(refusal)
	}
	nodes := strings.Join(s.opts.Nodes, ", ")
	switch {
	case ctx.Err() != nil, errors.Is(err, gocql.ErrTimeoutNoResponse), errors.Is(err, contract.ErrTimeout):
		return fmt.Errorf("%w: database.scylladb.nodes: no answer in time from the cluster of %s", contract.ErrTimeout, nodes)
	case errors.Is(err, gocql.ErrSessionClosed):
		return contract.ErrClosed
	}
	return fmt.Errorf("%w: database.scylladb.nodes: none of the cluster of %s can be reached: %w", contract.ErrUnavailable, nodes, err)
}

// refused is for what a node has answered.
func (s *store) refused(err gocql.RequestError) error {
	said := err.Message()
	switch err.Code() {
	case gocql.ErrCodeUnauthorized:
		return fmt.Errorf("%w: database.scylladb.username: give user %q the right that is named here: %s", contract.ErrAuth, s.opts.Username, said)
	case gocql.ErrCodeCredentials:
		return fmt.Errorf("%w: database.scylladb.username: correct username and password: %s", contract.ErrAuth, said)
	case gocql.ErrCodeOverloaded:
		return &contract.RetryError{Err: fmt.Errorf("%w: %s", contract.ErrOverloaded, said), After: overloadPause}
	case gocql.ErrCodeReadTimeout, gocql.ErrCodeWriteTimeout, gocql.ErrCodeCASWriteUnknown:
		return fmt.Errorf("%w: %s", contract.ErrTimeout, said)
	case gocql.ErrCodeUnavailable:
		return fmt.Errorf("%w: %s", contract.ErrUnavailable, s.tooFew(err))
	}
	return fmt.Errorf("%w: %s", contract.ErrUnavailable, said)
}

// tooFew says why too few copies can be asked.
func (s *store) tooFew(err gocql.RequestError) string {
	u, ok := err.(*gocql.RequestErrUnavailable)
	if !ok {
		return err.Message()
	}
	return fmt.Sprintf("%v needs %d of the copies of a row, %d can be asked; start more nodes, or lower consistency (for look-ups) "+
		"or the replication of keyspace %s", u.Consistency, u.Required, u.Alive, quoted(s.opts.Keyspace))
}

// unknown is whether a change may have been made although an error came back.
func unknown(err error) bool {
	refusal, ok := errors.AsType[gocql.RequestError](err)
	if !ok {
		return !errors.Is(err, gocql.ErrNoConnections) && !errors.Is(err, gocql.ErrSessionClosed)
	}
	switch refusal.Code() {
	case gocql.ErrCodeWriteTimeout, gocql.ErrCodeCASWriteUnknown, gocql.ErrCodeReadTimeout, gocql.ErrCodeWriteFailure, gocql.ErrCodeServer:
		return true
	}
	return false
}
