//go:build linux

package target

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Metric returns the sum of all series with this name, labels left aside, that
// the server shows now.
func (s *Server) Metric(name string) (float64, error) {
	resp, err := http.Get(s.metrics)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	sum, found := 0.0, false
	in := bufio.NewScanner(resp.Body)
	for in.Scan() {
		if v, ok := value(in.Text(), name); ok {
			sum, found = sum+v, true
		}
	}
	if err := in.Err(); err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	if !found {
		return 0, fmt.Errorf("the server shows no metric %q", name)
	}
	return sum, nil
}

// value reads a line of the exposition format: name{labels} value.
func value(line, name string) (float64, bool) {
	rest, ok := strings.CutPrefix(line, name)
	if !ok || rest == "" || rest[0] != ' ' && rest[0] != '{' {
		return 0, false
	}
	v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
	return v, err == nil
}
