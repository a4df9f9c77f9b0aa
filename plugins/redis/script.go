package main

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/hex"

	"github.com/redis/go-redis/v9"
)

//go:embed lua
var sources embed.FS

// script is one or more files of lua/.
type script struct{ text, sha string }

// mustScript joins files that are part of the program to one script.
func mustScript(names ...string) *script {
	var text []byte
	for _, name := range names {
		part, err := sources.ReadFile("lua/" + name + ".lua")
		if err != nil {
			panic(err)
		}
		text = append(text, part...)
	}
	sum := sha1.Sum(text)
	return &script{text: string(text), sha: hex.EncodeToString(sum[:])}
}

// run executes a script by its digest, and sends its text when the server does
// not know it. The errors are those of do.
func (c *client) run(ctx context.Context, rule repeatable, s *script, keys []string, args ...any) (any, error) {
	var reply any
	err := c.do(ctx, rule, func(ctx context.Context) error {
		var err error
		if reply, err = c.eval(ctx, rule, "evalsha", s.sha, keys, args); redis.HasErrorPrefix(err, "NOSCRIPT") {
			reply, err = c.eval(ctx, rule, "eval", s.text, keys, args)
		}
		return err
	})
	return reply, err
}

func (c *client) eval(ctx context.Context, rule repeatable, how, what string, keys []string, args []any) (any, error) {
	cmd := redis.NewCmd(ctx, evalWords(how, what, keys, args)...)
	if rule == once {
		_ = c.Process(ctx, onceCmd{cmd})
	} else {
		_ = c.Process(ctx, cmd)
	}
	return cmd.Result()
}

// evalWords are the words of an EVAL or EVALSHA.
func evalWords(how, what string, keys []string, args []any) []any {
	words := make([]any, 0, 3+len(keys)+len(args))
	words = append(words, how, what, len(keys))
	for _, k := range keys {
		words = append(words, k)
	}
	return append(words, args...)
}
