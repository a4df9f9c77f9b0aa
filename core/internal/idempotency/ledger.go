package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// Why a request is refused.
var (
	ErrConflict = errors.New("this idempotency key was used with another body")
	ErrBusy     = errors.New("a request with this idempotency key is under way")
)

const (
	// wait is how long a repeated request waits for the first, look how often it looks.
	wait = 300 * time.Millisecond
	look = 25 * time.Millisecond
	// working is how long a request may be worked on: after the end of a node in
	// the midst of it the key is free again.
	working = 5 * time.Second
)

// Ledger remembers requests. All methods may be called at the same time.
type Ledger struct {
	cache contract.Cache // nil: none
	local *table
	ttl   time.Duration
}

// New returns a ledger that remembers answers for ttl. cache may be nil.
func New(cache contract.Cache, ttl time.Duration) *Ledger {
	return &Ledger{cache: cache, local: newTable(tableEntries, tableBytes), ttl: ttl}
}

// Claim is the right, and the duty, to work on a request.
type Claim struct {
	in          contract.Cache
	ttl         time.Duration
	key         string
	fingerprint string
}

type record struct {
	Fingerprint string  `json:"fingerprint"`
	Answer      *string `json:"answer,omitempty"`
}

// Begin returns a claim, or nil and the answer of an earlier request with this
// key and body, or ErrConflict or ErrBusy. Keys of different purposes must differ.
func (l *Ledger) Begin(ctx context.Context, key string, body []byte) (*Claim, []byte, error) {
	sum := sha256.Sum256(body)
	c := &Claim{in: l.local, ttl: l.ttl, key: key, fingerprint: hex.EncodeToString(sum[:])}
	if l.cache != nil && !l.local.has(key) {
		c.in = l.cache
	}
	claim, answer, err := c.begin(ctx)
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrBusy) {
		c.in = l.local // the cache is away
		return c.begin(ctx)
	}
	return claim, answer, err
}

func (c *Claim) begin(ctx context.Context) (*Claim, []byte, error) {
	mine, err := json.Marshal(record{Fingerprint: c.fingerprint})
	if err != nil {
		return nil, nil, err
	}
	for end := time.Now().Add(wait); ; {
		stored, err := c.in.Set(ctx, c.key, mine, contract.SetOptions{TTL: min(working, c.ttl), IfAbsent: true})
		if err != nil {
			return nil, nil, err
		}
		if stored {
			return c, nil, nil
		}
		answer, err := c.earlier(ctx)
		if answer != nil || err != nil {
			return nil, answer, err
		}
		if !time.Now().Add(look).Before(end) || !pause(ctx) {
			return nil, nil, ErrBusy
		}
	}
}

// earlier returns the answer of the request that has the key, nil if there is
// none yet.
func (c *Claim) earlier(ctx context.Context) ([]byte, error) {
	value, err := c.in.Get(ctx, c.key)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, nil // released or expired a moment ago
	}
	if err != nil {
		return nil, err
	}
	var r record
	if json.Unmarshal(value, &r) != nil {
		return nil, ErrConflict // not ours
	}
	switch {
	case r.Fingerprint != c.fingerprint:
		return nil, ErrConflict
	case r.Answer == nil:
		return nil, nil
	}
	return []byte(*r.Answer), nil
}

// pause waits a moment and reports false if ctx ended.
func pause(ctx context.Context) bool {
	t := time.NewTimer(look)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Commit remembers the answer. If that fails the key is free after a while.
func (c *Claim) Commit(ctx context.Context, answer []byte) {
	text := string(answer)
	value, err := json.Marshal(record{c.fingerprint, &text})
	if err == nil {
		_, _ = c.in.Set(ctx, c.key, value, contract.SetOptions{TTL: c.ttl})
	}
}

// Release frees the key: the request was not carried out.
func (c *Claim) Release(ctx context.Context) { _, _ = c.in.Delete(ctx, c.key) }
