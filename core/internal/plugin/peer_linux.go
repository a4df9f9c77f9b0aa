package plugin

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// checkPeer makes sure that a connection ends at the process that we started,
// or at one of its group (a script's interpreter may be its child).
func checkPeer(conn *net.UnixConn, pid int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil || credErr != nil {
		return fmt.Errorf("ask who listens on the plugin's socket: %w", firstError(err, credErr))
	}
	if int(cred.Pid) == pid {
		return nil
	}
	if group, err := unix.Getpgid(int(cred.Pid)); err == nil && group == pid {
		return nil
	}
	return fmt.Errorf("process %d listens on the plugin's socket, expected %d: somebody took its place", cred.Pid, pid)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// waitExit returns when the process has ended, and leaves it to be collected.
func waitExit(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}
