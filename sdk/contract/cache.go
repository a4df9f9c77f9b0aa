package contract

import (
	"context"
	"time"
)

// Cache keeps values for a while. Keys are at most 1 KiB of UTF-8, values at
// most 16 MiB of any bytes. A value whose time is up is not found, even if the
// driver still holds it. Operations that name the same key and come one after
// the other take effect in that order.
type Cache interface {
	// Get returns the value of key, or ErrNotFound. The slice belongs to the caller.
	Get(ctx context.Context, key string) ([]byte, error)
	// Set stores value under key as opts say and reports whether it did: false
	// only for IfAbsent when the key exists. The driver does not keep value
	// after it returned, nor changes it.
	Set(ctx context.Context, key string, value []byte, opts SetOptions) (bool, error)
	// Delete removes key and reports whether it existed. An absent key is no error.
	Delete(ctx context.Context, key string) (bool, error)
}

// SetOptions say how a value is stored.
type SetOptions struct {
	// TTL is how long the value lives, in whole milliseconds; 0 means the
	// cache's default, NoExpiry for ever.
	TTL time.Duration
	// IfAbsent stores only when the key does not exist.
	IfAbsent bool
}

// NoExpiry as TTL keeps a value until it is deleted or evicted.
const NoExpiry time.Duration = -1

// CacheCounter is implemented by caches that count atomically (CapCacheIncr).
type CacheCounter interface {
	// Increment adds delta to the decimal number under key and returns the new
	// value. An absent key counts as 0 and then gets ttl (as in SetOptions); an
	// existing key keeps its time. ErrInvalid if the value is not a number.
	// Calls with the same non-empty id within a minute count once (retry).
	Increment(ctx context.Context, key string, delta int64, ttl time.Duration, id string) (int64, error)
}

// CacheSwapper is implemented by caches that compare and set atomically (CapCacheCAS).
type CacheSwapper interface {
	// CompareAndSet stores value if the present value equals old (nil: the key
	// is absent), and reports whether it did. A nil value deletes the key.
	CompareAndSet(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error)
}

// CacheToucher is implemented by caches that can tell and renew lifetimes (CapCacheTouch).
type CacheToucher interface {
	// Touch gives key a new ttl and reports whether the key exists.
	Touch(ctx context.Context, key string, ttl time.Duration) (bool, error)
	// TTL returns the time left, NoExpiry, or ErrNotFound.
	TTL(ctx context.Context, key string) (time.Duration, error)
}

// CachePrefixer is implemented by caches that work on all keys with a prefix (CapCachePrefix).
type CachePrefixer interface {
	// Scan returns at most limit keys that begin with prefix, from a cursor (""
	// for the first page), and the next cursor ("" at the end). A key that
	// exists during the whole scan is returned at least once.
	Scan(ctx context.Context, prefix, cursor string, limit int) (keys []string, next string, err error)
	// DeletePrefix removes all keys that begin with a non-empty prefix and returns how many.
	DeletePrefix(ctx context.Context, prefix string) (int64, error)
}

// CacheBatcher is implemented by caches that serve many operations in one go,
// such as a pipeline to a server. Without it the SDK calls the single methods,
// several at a time.
type CacheBatcher interface {
	// GetMany returns for each key its value, or nil and ErrNotFound or another
	// error at the same index. Both slices are as long as keys.
	GetMany(ctx context.Context, keys []string) ([][]byte, []error)
	// SetMany stores the entries and returns for each whether it was stored, and its error.
	SetMany(ctx context.Context, entries []CacheEntry) ([]bool, []error)
}

// CacheEntry is one entry of SetMany.
type CacheEntry struct {
	Key     string
	Value   []byte
	Options SetOptions
}
