package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jackfield/jackfield/sdk"
)

// record is one line of the journal: something that happened to a job.
type record struct {
	Op      string // add, out, ack, nack, dead, extend, or call
	ID      string
	Job     *sdk.Job  `json:",omitempty"`
	Attempt uint32    `json:",omitempty"`
	Until   time.Time `json:",omitzero"` // the end of a lease, or of a wait
}

// item is a job as the journal tells it.
type item struct {
	sdk.Job
	attempts uint32
	out      bool
	until    time.Time
	ended    bool
}

// journal is a file that several processes share, and what stands in it.
type journal struct {
	file  *os.File
	read  int64
	items []*item
	byID  map[string]*item
}

func openJournal(dir string) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	return &journal{file: f, byID: map[string]*item{}}, err
}

// change runs f on the present state and appends what it returns, while no other
// process does.
func (j *journal) change(f func() []record) error {
	if err := unix.Flock(int(j.file.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	defer unix.Flock(int(j.file.Fd()), unix.LOCK_UN)
	if err := j.catchUp(); err != nil {
		return err
	}
	var lines []byte
	for _, r := range f() {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	if _, err := j.file.Write(lines); err != nil {
		return err
	}
	return j.catchUp()
}

// catchUp reads what was appended since.
func (j *journal) catchUp() error {
	size, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	lines := json.NewDecoder(io.NewSectionReader(j.file, j.read, size-j.read))
	for lines.More() {
		var r record
		if err := lines.Decode(&r); err != nil {
			return err
		}
		j.apply(r)
	}
	j.read = size
	return nil
}

func (j *journal) apply(r record) {
	i := j.byID[r.ID]
	switch r.Op {
	case "add":
		i = &item{Job: *r.Job}
		j.items, j.byID[r.ID] = append(j.items, i), i
	case "out":
		i.attempts, i.out, i.until = r.Attempt, true, r.Until
	case "extend":
		i.until = r.Until
	case "nack":
		i.out, i.until = false, r.Until
	case "ack", "dead":
		i.ended = true
	}
}

// next returns the first jobs of the groups that have nothing out.
func (j *journal) next(most int, now time.Time) (free []*item) {
	blocked := map[string]bool{}
	for _, i := range j.items {
		if i.ended || blocked[i.GroupKey] || len(free) == most {
			continue
		}
		blocked[i.GroupKey] = true
		if !i.until.After(now) {
			free = append(free, i)
		}
	}
	return free
}
