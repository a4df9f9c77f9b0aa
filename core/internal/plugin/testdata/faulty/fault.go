package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk"
)

// fault does what a file named after the place asks for, once, or each
// time if it says so ("away always"):
//
//   - kill, stop: this process gets the signal
//   - cut: its connections are broken, while it goes on
//   - away, late, bug: the error that it returns
func fault(dir, place string) error {
	path := filepath.Join(dir, place)
	text, err := os.ReadFile(path)
	action, always := strings.CutSuffix(string(text), " always")
	if err != nil || !always && os.Remove(path) != nil {
		return nil
	}
	switch action {
	case "kill":
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
		select {}
	case "stop":
		return unix.Kill(os.Getpid(), unix.SIGSTOP)
	case "cut":
		cut()
	case "away":
		return fmt.Errorf("%w: no route to the disk", sdk.ErrUnavailable)
	case "late":
		return fmt.Errorf("%w: the disk is slow", sdk.ErrTimeout)
	case "bug":
		return fmt.Errorf("%w: the disk is odd", sdk.ErrInternal)
	}
	return nil
}

// cut breaks all connections of this process.
func cut() {
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		if fd, err := strconv.Atoi(f.Name()); err == nil {
			_ = unix.Shutdown(fd, unix.SHUT_RDWR)
		}
	}
}
