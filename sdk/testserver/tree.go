package testserver

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// signalTree sends a signal to the process group that pid leads and to all
// descendants, some of which lead groups of their own (the backends of
// PostgreSQL). The error is that of the group.
func signalTree(pid int, s syscall.Signal) error {
	below := descendants(pid)
	err := syscall.Kill(-pid, s)
	for _, child := range below {
		_ = syscall.Kill(child, s)
	}
	return err
}

// killTree ends a process group and all descendants of its leader, and waits
// until the descendants are gone: what they share with the leader, such as
// memory, is free then.
func killTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it starts no further ones
	below := descendants(pid)
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	for _, child := range below {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	deadline := time.Now().Add(patience)
	for _, child := range below {
		for alive(child) && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
}

// alive is whether a process has not ended; one that nobody has waited for has.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the program's name
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// descendants returns the processes below pid, as far as the kernel tells.
func descendants(pid int) []int {
	var found []int
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				found = append(append(found, child), descendants(child)...)
			}
		}
	}
	return found
}
