package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

// busClock is the part of the bus's script that tells the time.
var busClock = mustScript("adapter_clock").text

// newBusScript puts the script together that all commands on cells are sent to.
// clock defines now(); publish is the command that publishes, which is another
// one on a cluster.
func newBusScript(clock, publish string) *script {
	text := fmt.Sprintf("local PUBLISH = '%s'\n", publish) + clock
	for _, part := range []string{"cell", "state", "lease", "commands"} {
		text += mustScript("adapter_" + part).text
	}
	sum := sha1.Sum([]byte(text))
	return &script{text, hex.EncodeToString(sum[:])}
}

// call is the command that runs the script on cells, by its digest or in full.
func (s *script) call(full bool, keys []any, args []any) []any {
	verb, text := "evalsha", s.sha
	if full {
		verb, text = "eval", s.text
	}
	words := make([]any, 0, 3+len(keys)+len(args))
	words = append(words, verb, text, len(keys))
	return append(append(words, keys...), args...)
}

// busAnswer is what the script says: a word, and what belongs to it.
type busAnswer struct {
	word string
	rest []string
}

// readBusAnswers reads the reply of the script for so many cells.
func readBusAnswers(c *redis.Cmd, cells int) ([]busAnswer, error) {
	lists, err := c.Slice()
	if err != nil {
		return nil, err
	}
	if cells == 1 {
		lists = []any{lists}
	}
	answers := make([]busAnswer, len(lists))
	for i, list := range lists {
		words, _ := list.([]any)
		for n, word := range words {
			text, ok := word.(string)
			if !ok {
				return nil, fmt.Errorf("the script said %T instead of a word: %w", word, contract.ErrInternal)
			}
			if n == 0 {
				answers[i].word = text
			} else {
				answers[i].rest = append(answers[i].rest, text)
			}
		}
	}
	if len(answers) != cells {
		return nil, fmt.Errorf("the script answered for %d cells, not %d: %w", len(answers), cells, contract.ErrInternal)
	}
	return answers, nil
}

// position reads the first two words beside the first.
func (a busAnswer) position() (contract.Position, error) {
	if len(a.rest) < 2 {
		return contract.Position{}, fmt.Errorf("the script named no position: %w", contract.ErrInternal)
	}
	var p contract.Position
	err := wholeNumbers(a.rest[0]+" "+a.rest[1], &p.Epoch, &p.Seq)
	return p, err
}
