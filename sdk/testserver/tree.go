package testserver

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
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
