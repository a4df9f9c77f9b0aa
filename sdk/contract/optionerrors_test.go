package contract_test

import (
	"errors"
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
)

func TestWhatIsWrongWithOptionsIsCollected(t *testing.T) {
	var p contract.OptionErrors
	if err := p.Err(); err != nil {
		t.Errorf("nothing is wrong: %v", err)
	}
	p.Within("least", 1, 1, 3)
	p.Within("most", 3, 1, 3)
	p.Unless(true, "host", "is not wanted")
	p.OneOf("mode", "b", "a", "b")
	if err := p.Err(); err != nil {
		t.Errorf("all is well: %v", err)
	}
	p.Within("below", 0, 1, 3)
	p.Within("above", 4, 1, 3)
	p.Unless(false, "host", "must have %d letters", 3)
	p.OneOf("mode", "c", "a", "b")
	p.Addf("", "make no sense together")
	err := p.Err()
	const want = `below: must be from 1 to 3, is 0
above: must be from 1 to 3, is 4
host: must have 3 letters
mode: must be one of a, b, is "c"
make no sense together`
	if !errors.Is(err, contract.ErrInvalid) || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
