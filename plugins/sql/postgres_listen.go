package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	// silence is how long nothing may be heard before the server is asked whether
	// it is still there.
	silence       = 5 * time.Second
	answerTimeout = 2 * time.Second
)

// listen hears what the triggers tell.
func (p *postgres) listen(ctx context.Context, cat catalogue, ready func(), tell func(contract.AppChange)) error {
	acquiring, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := p.pool.Acquire(acquiring)
	if err != nil {
		return err
	}
	defer discard(c)
	if _, err := c.Exec(acquiring, "LISTEN app_changed_"+cat.oid); err != nil {
		return err
	}
	ready()
	for {
		if err := hear(ctx, c, tell); err != nil {
			return err
		}
	}
}

// hear waits for one change, or makes sure that there was none.
func hear(ctx context.Context, c *pgxpool.Conn, tell func(contract.AppChange)) error {
	waiting, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := c.Conn().WaitForNotification(waiting)
	switch {
	case err == nil:
		tell(changeOf(n.Payload))
		return nil
	case ctx.Err() != nil || !pgconn.Timeout(err):
		return err
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return c.Ping(asking)
}

// changeOf reads what a trigger tells. What cannot be read means that something
// has changed.
func changeOf(payload string) contract.AppChange {
	var c struct {
		ID       string `json:"id"`
		Revision uint64 `json:"revision"`
		Deleted  bool   `json:"deleted"`
	}
	if json.Unmarshal([]byte(payload), &c) != nil {
		return contract.AppChange{}
	}
	return contract.AppChange{ID: c.ID, Revision: c.Revision, Deleted: c.Deleted}
}

// discard ends a session that listens, so that nobody else gets it.
func discard(c *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	_ = c.Conn().Close(ctx)
	c.Release()
}
