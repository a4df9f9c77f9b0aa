package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackfield/jackfield/sdk"
)

// This happens before main, as libraries do it.
var _, _ = fmt.Println("noise before main")

func main() {
	fmt.Println("noise in main")
	sdk.Serve(sdk.Plugin{
		Name: "testplugin", Version: "1.2.3", Commit: "abc",
		Drivers: []sdk.Driver{sdk.CacheDriver("test", open)},
	})
}

type options struct {
	Greeting string     `json:"greeting" jsonschema:"what every key holds"`
	Password sdk.Secret `json:"password"`
}

func (o *options) Defaults() { o.Greeting = "hello" }

func open(_ context.Context, o options, env sdk.Env) (*cache, error) {
	fmt.Println("noise while opening")
	env.Logger.Info("opened", "node", env.NodeID)
	return &cache{o}, nil
}

// cache does what its keys say.
type cache struct{ options options }

// Get panics for the key "panic", hangs whatever its context says for "hang",
// and prints for "print".
func (c *cache) Get(_ context.Context, key string) ([]byte, error) {
	switch key {
	case "panic":
		panic("asked to")
	case "hang":
		select {}
	case "print":
		fmt.Println("noise in a call")
		fmt.Fprintln(os.Stderr, "complaint in a call")
	}
	return []byte(c.options.Greeting), nil
}

// Set stores nothing.
func (c *cache) Set(context.Context, string, []byte, sdk.SetOptions) (bool, error) { return true, nil }

// Delete has nothing to delete.
func (c *cache) Delete(context.Context, string) (bool, error) { return false, nil }
