package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/jobrules"
)

var (
	deadListScript = mustScript("queue", "queue_dead_list")
	deadMoveScript = mustScript("queue", "queue_dead_move")
)

// What one script does to dead letters at a time, so that none keeps Redis busy.
const (
	deadPage = 1000
	deadMove = 100
)

// ListDead returns a page of dead letters, oldest first.
func (q *queue) ListDead(ctx context.Context, name, token string, limit int) ([]contract.DeadLetter, string, error) {
	if err := jobrules.CheckQueue(name); err != nil {
		return nil, "", err
	}
	if limit < 1 {
		return nil, "", fmt.Errorf("%w: a page has at least 1 dead letter, not %d", contract.ErrInvalid, limit)
	}
	from, err := parseDeadToken(token)
	if err != nil {
		return nil, "", err
	}
	reply, err := q.script(ctx, again, deadListScript, name, from, min(limit, deadPage), claimBytes)
	if err != nil {
		return nil, "", err
	}
	return readLetters(name, reply)
}

func parseDeadToken(token string) (uint64, error) {
	if token == "" {
		return 0, nil
	}
	from, err := strconv.ParseUint(token, 10, 53)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no page token of this queue", contract.ErrInvalid, token)
	}
	return from, nil
}

func readLetters(name string, reply any) (page []contract.DeadLetter, next string, err error) {
	list, _ := reply.([]any)
	if len(list)%5 != 1 {
		return nil, "", fmt.Errorf("%w: the script answered %d values", contract.ErrInternal, len(list))
	}
	for i := 1; i < len(list); i += 5 {
		letter, err := readLetter(name, list[i:i+5])
		if err != nil {
			return nil, "", err
		}
		page = append(page, letter)
		next, _ = list[i].(string)
	}
	if list[0] != int64(1) {
		next = ""
	}
	return page, next, nil
}

func readLetter(name string, values []any) (contract.DeadLetter, error) {
	var death struct {
		Reason string `json:"reason"`
		At     int64  `json:"at"`
	}
	job, _, err := readJob(name, values[2], values[4])
	if err != nil {
		return contract.DeadLetter{}, err
	}
	text, _ := values[3].(string)
	if err := json.Unmarshal([]byte(text), &death); err != nil {
		return contract.DeadLetter{}, fmt.Errorf("%w: a dead letter in Redis cannot be read: %w", contract.ErrInternal, err)
	}
	return contract.DeadLetter{
		Job: job, Attempts: uint32(number(values[1])), Reason: death.Reason, DiedAt: time.UnixMilli(death.At),
	}, nil
}

// ReplayDead puts dead letters back, oldest first, as far as there is room. It
// fails with ErrOverloaded only if there is room for none.
func (q *queue) ReplayDead(ctx context.Context, name string, ids []string) (int64, error) {
	n, full, err := q.moveDead(ctx, name, "replay", ids)
	if err == nil && full && n == 0 {
		err = overloaded("the queue holds %d jobs, the most that capacity allows", q.options.Capacity)
	}
	return n, err
}

// PurgeDead deletes dead letters.
func (q *queue) PurgeDead(ctx context.Context, name string, ids []string) (int64, error) {
	n, _, err := q.moveDead(ctx, name, "purge", ids)
	return n, err
}

// moveDead replays or purges those with the given ids, or all that there are now.
func (q *queue) moveDead(ctx context.Context, name, how string, ids []string) (n int64, full bool, err error) {
	if err := jobrules.CheckQueue(name); err != nil {
		return 0, false, err
	}
	if len(ids) == 0 {
		return q.moveAll(ctx, name, how)
	}
	for some := range slices.Chunk(ids, deadMove) {
		args := []any{how, deadMove, q.options.Capacity, "some"}
		for _, id := range some {
			args = append(args, id)
		}
		moved, full, err := q.moveSome(ctx, name, args)
		if n += moved; err != nil || full {
			return n, full, err
		}
	}
	return n, false, nil
}

// moveAll moves no more than there were at first: a job that is replayed may die
// again meanwhile.
func (q *queue) moveAll(ctx context.Context, name, how string) (n int64, full bool, err error) {
	d, err := q.depth(ctx, name)
	if err != nil {
		return 0, false, err
	}
	for left := int64(d.stats.Dead); left > n; {
		moved, full, err := q.moveSome(ctx, name, []any{how, min(deadMove, left-n), q.options.Capacity, "all"})
		if n += moved; err != nil || full || moved == 0 {
			return n, full, err
		}
	}
	return n, false, nil
}

// moveSome runs the script. It is not repeated when a connection broke under it:
// the answer would count only what was left.
func (q *queue) moveSome(ctx context.Context, name string, args []any) (int64, bool, error) {
	reply, err := q.script(ctx, once, deadMoveScript, name, args...)
	if err != nil {
		return 0, false, err
	}
	result := numbers(reply)
	if len(result) != 2 {
		return 0, false, fmt.Errorf("%w: the script answered %d values", contract.ErrInternal, len(result))
	}
	return result[0], result[1] == 1, nil
}
