//go:build !linux

package plugin

import (
	"errors"
	"os"
)

// descriptorPath needs a system that executes descriptors; others get a copy.
func descriptorPath(*os.File) (path string, done func(), err error) {
	return "", nil, errors.ErrUnsupported
}
