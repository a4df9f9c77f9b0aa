package main

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

// cache keeps values in files.
type cache struct{ folder }

func openCache(_ context.Context, o options, _ sdk.Env) (*cache, error) {
	return &cache{folder(o.Dir)}, os.MkdirAll(o.Dir, 0o755)
}

// endless is how long a value lives that has no end.
const endless = 24 * time.Hour

func (c *cache) path(key string) string { return filepath.Join(string(c.folder), url.QueryEscape(key)) }

func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := c.mood(ctx); err != nil {
		return nil, err
	}
	info, err := os.Stat(c.path(key))
	if errors.Is(err, fs.ErrNotExist) || err == nil && time.Now().After(info.ModTime()) {
		return nil, sdk.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(c.path(key))
}

func (c *cache) Set(ctx context.Context, key string, value []byte, o sdk.SetOptions) (bool, error) {
	if o.IfAbsent {
		if _, err := c.Get(ctx, key); !errors.Is(err, sdk.ErrNotFound) {
			return false, err
		}
	} else if err := c.mood(ctx); err != nil {
		return false, err
	}
	life := o.TTL
	if life <= 0 {
		life = endless
	}
	return true, c.write(url.QueryEscape(key), value, time.Now().Add(life))
}

func (c *cache) Delete(ctx context.Context, key string) (bool, error) {
	if err := c.mood(ctx); err != nil {
		return false, err
	}
	err := os.Remove(c.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
