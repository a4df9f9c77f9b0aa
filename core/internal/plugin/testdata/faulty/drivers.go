package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

type appOptions struct {
	Apps    []string `json:"apps,omitempty" jsonschema:"the ids of the apps"`
	Away    bool     `json:"away,omitempty" jsonschema:"the store cannot be reached"`
	Secret  string   `json:"secret,omitempty" jsonschema:"a secret"`
	Unready int      `json:"unready,omitempty" jsonschema:"how often the store says that it is being prepared"`
}

type apps struct{ appOptions }

var opened int // of app managers, one after the other

func openApps(_ context.Context, o appOptions, _ sdk.Env) (sdk.AppManager, error) {
	if opened++; opened <= o.Unready {
		return nil, &sdk.RetryError{Err: fmt.Errorf("%w: the table is being made", sdk.ErrUnavailable), After: time.Millisecond}
	}
	return &apps{o}, nil
}

func (a *apps) FindByID(_ context.Context, id string) (*sdk.App, error) {
	switch {
	case a.Away:
		return nil, fmt.Errorf("%w: no route to the store", sdk.ErrUnavailable)
	case !slices.Contains(a.Apps, id):
		return nil, sdk.ErrNotFound
	}
	return &sdk.App{ID: id, Key: id + "-key", Secrets: []sdk.Secret{"s"}, Enabled: true}, nil
}

func (a *apps) FindByKey(ctx context.Context, key string) (*sdk.App, error) {
	return a.FindByID(ctx, strings.TrimSuffix(key, "-key"))
}

func (a *apps) List(context.Context, string, int) (sdk.AppPage, error) { return sdk.AppPage{}, nil }

type cacheOptions struct {
	CrashAfterMS int    `json:"crash_after_ms,omitempty" jsonschema:"die so long after being opened"`
	RefuseWhile  string `json:"refuse_while,omitempty" jsonschema:"fail to open while this file exists, as if the backend was away"`
	Size         int    `json:"size" jsonschema:"how many entries"`
	Password     string `json:"password,omitempty" jsonschema:"a secret"`
}

func (o *cacheOptions) Defaults() { o.Size = 10 }

type cache struct {
	mu     sync.Mutex
	values map[string][]byte
}

func openCache(_ context.Context, o cacheOptions, _ sdk.Env) (sdk.Cache, error) {
	if _, err := os.Stat(o.RefuseWhile); o.RefuseWhile != "" && err == nil {
		return nil, fmt.Errorf("%w: connection refused", sdk.ErrUnavailable)
	}
	if o.CrashAfterMS > 0 {
		time.AfterFunc(time.Duration(o.CrashAfterMS)*time.Millisecond, func() { os.Exit(9) })
	}
	return &cache{values: map[string][]byte{}}, nil
}

func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	if command, ok := strings.CutPrefix(key, "!"); ok {
		return act(ctx, command)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.values[key]; ok {
		return v, nil
	}
	return nil, sdk.ErrNotFound
}

// act does what a key beginning with "!" asks for.
func act(ctx context.Context, command string) ([]byte, error) {
	verb, arg, _ := strings.Cut(command, ":")
	switch verb {
	case "panic":
		panic("a handler panics")
	case "crash":
		go panic("a goroutine panics")
		select {}
	case "exit":
		os.Exit(7)
	case "bug":
		return nil, errors.New("some error of a library")
	case "hang":
		<-ctx.Done()
		return nil, ctx.Err()
	case "env":
		return []byte(strings.Join(os.Environ(), "\n")), nil
	case "argv":
		return []byte(strings.Join(os.Args, "\n")), nil
	case "pid":
		return []byte(strconv.Itoa(os.Getpid())), nil
	case "grandchild":
		return []byte(strconv.Itoa(grandchild())), nil
	case "stderr":
		fmt.Fprintln(os.Stderr, arg)
	case "big":
		n, _ := strconv.Atoi(arg)
		return make([]byte, n), nil
	}
	return nil, nil
}

func (c *cache) Set(_ context.Context, key string, value []byte, _ sdk.SetOptions) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = slices.Clone(value)
	return true, nil
}

func (c *cache) Delete(_ context.Context, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.values[key]
	delete(c.values, key)
	return ok, nil
}

// Metrics implements sdk.MetricsSource.
func (c *cache) Metrics() []sdk.Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []sdk.Sample{{Name: "cache_entries", Value: float64(len(c.values))}}
}

// movingCache can hand its values to a successor.
type movingCache struct{ *cache }

func openMovingCache(context.Context, struct{}, sdk.Env) (sdk.Cache, error) {
	return movingCache{&cache{values: map[string][]byte{}}}, nil
}

func (c movingCache) Export(_ context.Context, yield func([]byte) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, value := range c.values {
		chunk, err := json.Marshal(map[string][]byte{key: value})
		if err != nil {
			return err
		}
		if err := yield(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (c movingCache) Import(_ context.Context, chunk []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return json.Unmarshal(chunk, &c.values)
}

type limiter struct{}

func openLimiter(context.Context, struct{}, sdk.Env) (sdk.RateLimiter, error) { return limiter{}, nil }

func (limiter) Take(ctx context.Context, req sdk.TakeRequest) (sdk.TakeResult, error) {
	if req.Key == "slow" {
		<-ctx.Done()
		return sdk.TakeResult{}, ctx.Err()
	}
	return sdk.TakeResult{Allowed: true, Remaining: req.Limit - req.Cost}, nil
}

func (limiter) Reset(context.Context, string) error { return nil }
