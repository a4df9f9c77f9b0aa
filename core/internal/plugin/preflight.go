package plugin

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// program is an executable that was checked and is held open, so that what is
// executed is what was checked, whatever happens to its path meanwhile.
type program struct {
	path   string
	file   *os.File
	script bool
	sum    string // the verified checksum, "" if none was wanted
}

// openProgram opens and checks a plugin's executable. wanted are checksums in
// hexadecimal that it must have; empty ones are passed over. The caller closes
// the program.
func openProgram(path string, wanted ...string) (*program, error) {
	f, err := openExecutable(path)
	if err != nil {
		return nil, err
	}
	p := &program{path: path, file: f, script: isScript(f)}
	if err := errors.Join(p.checkFormat(), p.checkSum(wanted)); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

func (p *program) close() { p.file.Close() }

func openExecutable(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist; build it or correct plugins.<name>.path", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open plugin: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no regular file but %s", path, info.Mode().Type())
	case info.Mode()&0o111 == 0:
		err = fmt.Errorf("%s is not executable (mode %v); run: chmod +x %s", path, info.Mode().Perm(), path)
	default:
		return f, nil
	}
	f.Close()
	return nil, err
}

// isScript is whether the file begins with "#!".
func isScript(f io.ReaderAt) bool {
	var head [2]byte
	n, _ := f.ReadAt(head[:], 0)
	return n == 2 && string(head[:]) == "#!"
}

// machines are the ELF names of the architectures that we know.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
	"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "loong64": elf.EM_LOONGARCH,
}

// checkFormat refuses what the kernel could not execute.
func (p *program) checkFormat() error {
	if p.script || runtime.GOOS != "linux" {
		return nil
	}
	file, err := elf.NewFile(p.file)
	if err != nil {
		return fmt.Errorf("%s is neither a Linux program (ELF) nor a script with \"#!\": it begins with %q",
			p.path, firstBytes(p.file))
	}
	want, known := machines[runtime.GOARCH]
	if known && file.Machine != want {
		return fmt.Errorf("%s is a program for %s, this machine is %s; build it with GOARCH=%s",
			p.path, archName(file.Machine), runtime.GOARCH, runtime.GOARCH)
	}
	return nil
}

func archName(m elf.Machine) string {
	for name, machine := range machines {
		if machine == m {
			return name
		}
	}
	return m.String()
}

func firstBytes(f io.ReaderAt) []byte {
	var head [16]byte
	n, _ := f.ReadAt(head[:], 0)
	return bytes.TrimRight(head[:n], "\x00")
}

func (p *program) checkSum(wanted []string) error {
	wanted = slices.DeleteFunc(wanted, func(s string) bool { return s == "" })
	if len(wanted) == 0 {
		return nil
	}
	have, err := checksum(p.content())
	if err != nil {
		return fmt.Errorf("hash plugin: %w", err)
	}
	for _, want := range wanted {
		if !strings.EqualFold(have, want) {
			return fmt.Errorf("%s has SHA-256 %s, expected %s: it is not the file that was locked; "+
				"restore it, or lock it anew if the change is wanted", p.path, have, want)
		}
	}
	p.sum = have
	return nil
}

// content reads the whole file, whoever else reads it.
func (p *program) content() io.Reader { return io.NewSectionReader(p.file, 0, 1<<62) }

// descriptorFloor keeps the program's descriptor above those that the child inherits.
const descriptorFloor = 64

// executable returns a path in dir that executes the very file that was
// checked, and a function to call once it was started. On Linux that is a link
// to the descriptor, with the program's name for those who list processes; a
// script, whose interpreter opens it by name, is a read-only copy.
func (p *program) executable(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, filepath.Base(p.path))
	if p.script || runtime.GOOS != "linux" {
		return path, func() {}, p.copyTo(path)
	}
	target, done, err := descriptorPath(p.file)
	if err != nil {
		return "", nil, err
	}
	if err := os.Symlink(target, path); err != nil {
		done()
		return "", nil, fmt.Errorf("link to the plugin's descriptor: %w", err)
	}
	return path, done, nil
}

// copyTo writes a read-only copy and makes sure that it is what was verified.
func (p *program) copyTo(path string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o500)
	if err != nil {
		return fmt.Errorf("copy plugin: %w", err)
	}
	sum, err := checksum(io.TeeReader(p.content(), out))
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy plugin: %w", err)
	}
	if p.sum != "" && sum != p.sum {
		return fmt.Errorf("%s changed while it was being started; start again", p.path)
	}
	return nil
}
