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

// call is the command that runs the script on a key, by its digest or in full.
func (s *script) call(full bool, key string, args []any) []any {
	verb, text := "evalsha", s.sha
	if full {
		verb, text = "eval", s.text
	}
	return append([]any{verb, text, 1, key}, args...)
}

// busAnswer is what the script says: a word, and what belongs to it.
type busAnswer struct {
	word string
	rest []string
}

// readBusAnswer reads the reply of the script.
func readBusAnswer(c *redis.Cmd) (busAnswer, error) {
	list, err := c.StringSlice()
	if err != nil {
		return busAnswer{}, err
	}
	if len(list) == 0 {
		return busAnswer{}, fmt.Errorf("the script said nothing: %w", contract.ErrInternal)
	}
	return busAnswer{list[0], list[1:]}, nil
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
