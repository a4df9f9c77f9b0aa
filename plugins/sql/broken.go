package main

import (
	"errors"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/jackfield/jackfield/sdk/appjson"
)

// mostBroken bounds the rows of which is remembered that they were logged.
const mostBroken = 1000

// brokenRows are the rows that cannot be read, each with what is wrong with it.
type brokenRows struct {
	mu  sync.Mutex
	how map[string]string
	// total counts reads that failed so.
	total uint64
}

// note logs a row that cannot be read, unless that was done before, and returns
// the error that says so.
func (b *brokenRows) note(log hclog.Logger, table, id string, err error) error {
	problems, ok := errors.AsType[appjson.Problems](err)
	if !ok {
		return err
	}
	u := &unreadable{table: table, id: id, problems: problems}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total++
	if b.how[id] == problems.Error() {
		return u
	}
	if b.how == nil || len(b.how) >= mostBroken {
		b.how = map[string]string{}
	}
	b.how[id] = problems.Error()
	log.Error("an app cannot be read and is refused; correct its row", "table", table, "row", id, "column", u.column(), "err", problems)
	return u
}

// forget is told of every row that can be read.
func (b *brokenRows) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.how, id)
}

// count returns how many reads failed.
func (b *brokenRows) count() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}
