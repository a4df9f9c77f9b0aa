package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk"
)

type options struct {
	Dir   string `json:"dir" jsonschema:"directory of the files"`
	Blind bool   `json:"blind,omitempty" jsonschema:"the store does not tell of changes"`
}

// slow is how long a slow backend takes: longer than the server waits for a cache.
const slow = 500 * time.Millisecond

// folder is a directory with a mode.
type folder string

// mood waits or fails as the mode says.
func (f folder) mood(ctx context.Context) error {
	text, _ := os.ReadFile(filepath.Join(string(f), "mode"))
	switch strings.TrimSpace(string(text)) {
	case "down":
		return fmt.Errorf("%w: the test says so", sdk.ErrUnavailable)
	case "slow":
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return fmt.Errorf("%w: the test says so", sdk.ErrTimeout)
		}
	}
	return nil
}

// write replaces a file in one step.
func (f folder) write(name string, text []byte, at time.Time) error {
	temp, err := os.CreateTemp(string(f), ".new-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil && !at.IsZero() {
		err = os.Chtimes(temp.Name(), at, at)
	}
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(string(f), name))
	}
	return err
}

func main() {
	sdk.Serve(sdk.Plugin{Name: "filestore", Drivers: []sdk.Driver{
		sdk.AppManagerDriver("filestore", openStore),
		sdk.CacheDriver("filestore", openCache),
	}})
}
