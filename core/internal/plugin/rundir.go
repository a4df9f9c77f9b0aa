package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A socket's path ends at maxSocketPath bytes. Below an instance's directory
// go-plugin and the plugin add up to socketTail ("/plugin-dir1234567890/plugin1234567890").
const (
	maxSocketPath = 107
	socketTail    = 38
)

// runDir is the private directory of one host, with a directory for each
// process that it runs. It is gone after close; that of a host which was
// killed is removed when the next host starts.
type runDir struct {
	path  string
	owner *os.File // locked while the host lives
	next  atomic.Int64
}

// openRunDir makes a host's directory below base ("" chooses one) and removes
// those whose owners are dead.
func openRunDir(base string) (*runDir, error) {
	base, err := chooseRunBase(base)
	if err != nil {
		return nil, err
	}
	gate, err := lockGate(filepath.Join(base, ".gate"))
	if err != nil {
		return nil, err
	}
	defer gate.Close()
	sweep(base)
	return newRunDir(base)
}

// chooseRunBase returns the directory below which hosts live, private to this user.
func chooseRunBase(base string) (string, error) {
	if base != "" {
		return base, makePrivate(base)
	}
	var problems []error
	for _, dir := range runBases() {
		err := makePrivate(dir)
		if err == nil {
			return dir, nil
		}
		problems = append(problems, err)
	}
	return "", fmt.Errorf("no directory for plugin sockets; set plugin_run_dir: %w", errors.Join(problems...))
}

func runBases() []string {
	bases := []string{"/run/jackfield", "/tmp/jackfield-" + strconv.Itoa(os.Getuid())}
	if xdg := os.Getenv("XDG_RUNTIME_DIR"); xdg != "" {
		bases = append([]string{filepath.Join(xdg, "jackfield")}, bases...)
	}
	return bases
}

// makePrivate makes sure that dir is a directory of this user that nobody else
// can enter.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make run directory: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return fmt.Errorf("make run directory: %w", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() {
		return fmt.Errorf("run directory %s is not a directory of user %d; remove it or set plugin_run_dir", dir, os.Getuid())
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("make run directory: %w", err)
	}
	return nil
}

// lockGate takes the lock under which directories are made and swept. Who holds
// it does so for milliseconds.
func lockGate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock run directory: %w", err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !time.Now().Before(deadline) {
			f.Close()
			return nil, fmt.Errorf("lock run directory %s: %w; another process holds it", path, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ownerFile is locked by the host whose directory it is in.
const ownerFile = "owner"

// sweep removes the directories of dead hosts. What it cannot remove it leaves.
func sweep(base string) {
	dirs, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, d := range dirs {
		if d.IsDir() && ownerIsDead(filepath.Join(base, d.Name())) {
			_ = os.RemoveAll(filepath.Join(base, d.Name()))
		}
	}
}

func ownerIsDead(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, ownerFile), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return false
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}

func newRunDir(base string) (*runDir, error) {
	// Short names leave room for the socket's; the random part tells hosts with
	// the same pid in different containers apart.
	path := filepath.Join(base, fmt.Sprintf("%d-%04x", os.Getpid(), rand.N(1<<16)))
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, fmt.Errorf("make run directory: %w", err)
	}
	r := &runDir{path: path}
	var err error
	r.owner, err = os.OpenFile(filepath.Join(path, ownerFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = unix.Flock(int(r.owner.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("make run directory: %w", err)
	}
	if n := len(r.instancePath(9999)) + socketTail; n > maxSocketPath {
		r.close()
		return nil, fmt.Errorf("run directory %s is too long: socket paths in it have up to %d bytes, at most %d are allowed; set plugin_run_dir to a shorter one",
			base, n, maxSocketPath)
	}
	return r, nil
}

func (r *runDir) instancePath(n int) string { return filepath.Join(r.path, strconv.Itoa(n)) }

// instance makes the directory of one more process.
func (r *runDir) instance() (string, error) {
	path := r.instancePath(int(r.next.Add(1)))
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", fmt.Errorf("make run directory of a plugin: %w", err)
	}
	return path, nil
}

func (r *runDir) close() {
	_ = os.RemoveAll(r.path)
	if r.owner != nil {
		r.owner.Close()
	}
}
