package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// attributes put a server into a process group of its own and end it with us.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// as has a command run as another user, if we are root; servers that refuse to
// run as root need that, and nobody else can change the user.
func as(cmd *exec.Cmd, name string) error {
	if name == "" || os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := idsOf(name)
	if err != nil {
		return err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	return nil
}

func idsOf(name string) (uid, gid uint32, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("%w; the package of its server makes the user, and `make deps` installs it", err)
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, err
	}
	group, err := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(id), uint32(group), err
}

// Dir returns a new directory that user (empty: the test's own) owns and that is
// removed with tb. Its path is short enough for a socket.
func Dir(tb TB, user string) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "jf")
	if err != nil {
		tb.Fatalf("make a directory: %v", err)
		return ""
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if user == "" || os.Getuid() != 0 {
		return dir
	}
	uid, gid, err := idsOf(user)
	if err == nil {
		err = os.Chown(dir, int(uid), int(gid))
	}
	if err != nil {
		tb.Fatalf("make a directory for %s: %v", user, err)
	}
	return dir
}

// OwnFile writes a file that the owner of dir, a server's, can read and nobody
// else: what servers demand of keys. It returns the file's path.
func OwnFile(tb TB, dir, name string, content []byte) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	err := os.WriteFile(path, content, 0o600)
	if err == nil {
		err = ownLike(path, dir)
	}
	if err != nil {
		tb.Fatalf("write %s: %v", name, err)
	}
	return path
}

// ownLike gives a file the owner of a directory.
func ownLike(path, dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Getuid() != 0 {
		return nil
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}
