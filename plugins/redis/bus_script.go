package main

import (
	"crypto/sha1"
	_ "embed" // the script
	"encoding/hex"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/jackfield/jackfield/sdk/contract"
)

var (
	//go:embed bus_clock.lua
	luaClock string
	//go:embed bus_cell.lua
	luaCell string
	//go:embed bus_state.lua
	luaState string
	//go:embed bus_lease.lua
	luaLease string
	//go:embed bus_commands.lua
	luaCommands string
)

// busScript is the one script that all commands on cells are sent to.
type busScript struct{ source, sha string }

// newBusScript puts it together. clock defines now(); publish is the command that
// publishes, which is another one on a cluster.
func newBusScript(clock, publish string) busScript {
	source := fmt.Sprintf("local PUBLISH = '%s'\n", publish) + clock + luaCell + luaState + luaLease + luaCommands
	sum := sha1.Sum([]byte(source))
	return busScript{source, hex.EncodeToString(sum[:])}
}

// call is the command that runs the script, by its name or, after a server said
// that it does not know that, in full.
func (s busScript) call(full bool, key string, args []any) []any {
	verb, text := "evalsha", s.sha
	if full {
		verb, text = "eval", s.source
	}
	return append([]any{verb, text, 1, key}, args...)
}

// answer is what the script says: a word, and what belongs to it.
type answer struct {
	word string
	rest []string
}

// readAnswer reads the reply of a script.
func readAnswer(c *redis.Cmd) (answer, error) {
	list, err := c.StringSlice()
	if err != nil {
		return answer{}, err
	}
	if len(list) == 0 {
		return answer{}, fmt.Errorf("the script said nothing: %w", contract.ErrInternal)
	}
	return answer{list[0], list[1:]}, nil
}

// words checks that there are at least n words beside the first.
func (a answer) words(n int) error {
	if len(a.rest) < n {
		return fmt.Errorf("the script said %d words, not %d: %w", len(a.rest), n, contract.ErrInternal)
	}
	return nil
}
