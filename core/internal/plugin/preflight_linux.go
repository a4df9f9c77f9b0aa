package plugin

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// descriptorPath returns the path of an open file's descriptor. It ends at
// exec, so the new program does not hold it; done closes it here.
func descriptorPath(f *os.File) (path string, done func(), err error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, descriptorFloor)
	if err != nil {
		return "", nil, fmt.Errorf("duplicate the plugin's descriptor: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d", fd), func() { unix.Close(fd) }, nil
}
