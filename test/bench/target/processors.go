//go:build linux

package target

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Processors are the two that a measurement uses: what is measured runs on
// Server, all the rest on Client.
type Processors struct {
	Server, Client int
}

// processorsEnv tells the restarted program which processors were chosen.
const processorsEnv = "JACKFIELD_BENCH_PROCESSORS"

// Settle chooses two processors and moves this program, with all its threads, to
// the second. The program is started anew for that, with the same arguments:
// Settle returns only in the new one.
func Settle() (Processors, error) {
	var p Processors
	if n, _ := fmt.Sscanf(os.Getenv(processorsEnv), "%d,%d", &p.Server, &p.Client); n == 2 {
		return p, os.Unsetenv(processorsEnv)
	}
	p, err := choose()
	if err != nil {
		return p, err
	}
	self, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("find own program: %w", err)
	}
	runtime.LockOSThread()
	if err := moveTo(p.Client); err != nil {
		return p, err
	}
	env := append(os.Environ(), fmt.Sprintf("%s=%d,%d", processorsEnv, p.Server, p.Client))
	return p, unix.Exec(self, os.Args, env)
}

func choose() (Processors, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return Processors{}, fmt.Errorf("ask for processors: %w", err)
	}
	var found []int
	for i := 0; len(found) < 2 && i < 64*len(set); i++ {
		if set.IsSet(i) {
			found = append(found, i)
		}
	}
	if len(found) < 2 {
		return Processors{}, errors.New("one processor is not enough: the server needs one and its clients another")
	}
	return Processors{Server: found[0], Client: found[1]}, nil
}

// moveTo binds the calling thread to processors.
func moveTo(processors ...int) error {
	var set unix.CPUSet
	for _, p := range processors {
		set.Set(p)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("move to processors %v: %w", processors, err)
	}
	return nil
}

// on calls f on a thread that is bound to processors; programs that f starts
// are bound to them too.
func on(f func() error, processors ...int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var was unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		return fmt.Errorf("ask for processors: %w", err)
	}
	if err := moveTo(processors...); err != nil {
		return err
	}
	defer func() { _ = unix.SchedSetaffinity(0, &was) }()
	return f()
}
