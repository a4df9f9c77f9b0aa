package sdk

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jackfield/jackfield/sdk/wire"
)

// lifeline is the pipe from the server: it brings the token that calls must
// carry, and its end is the server's.
type lifeline struct {
	token string
	ended chan struct{}
}

// maxToken bounds the first line of the lifeline, in bytes.
const maxToken = 256

// grabLifeline returns the lifeline that the environment names, or nil if it
// names none.
func grabLifeline() (*lifeline, error) {
	number := os.Getenv(wire.LifelineEnv)
	if number == "" {
		return nil, nil
	}
	_ = os.Unsetenv(wire.LifelineEnv)
	fd, err := strconv.ParseUint(number, 10, 16)
	if err != nil || fd < 3 {
		return nil, fmt.Errorf("%s is %q: it must be the number of a descriptor above 2", wire.LifelineEnv, number)
	}
	keepFromChildren(uintptr(fd))
	return holdLifeline(os.NewFile(uintptr(fd), "lifeline"))
}

// holdLifeline reads the token and waits for the end, which it owns r for.
func holdLifeline(r io.ReadCloser) (*lifeline, error) {
	in := bufio.NewReaderSize(r, maxToken)
	line, err := in.ReadSlice('\n')
	if err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("read the call token from the lifeline: %w", err)
	}
	l := &lifeline{token: strings.TrimSpace(string(line)), ended: make(chan struct{})}
	if l.token == "" {
		_ = r.Close()
		return nil, fmt.Errorf("read the call token from the lifeline: the first line is empty")
	}
	go func() {
		defer close(l.ended)
		defer func() { _ = r.Close() }()
		_, _ = io.Copy(io.Discard, in)
	}()
	return l, nil
}
