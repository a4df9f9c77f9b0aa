package rest

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
)

// usage is the answer of /usage: bytes, and the share that is used in percent.
type usage struct {
	Memory memory `json:"memory"`
}

type memory struct {
	Free    uint64  `json:"free"`
	Used    uint64  `json:"used"`
	Total   uint64  `json:"total"`
	Percent float64 `json:"percent"`
}

func writeUsage(w http.ResponseWriter) {
	body, _ := json.Marshal(usage{memoryOf(Memory())})
	w.Header().Set("Cache-Control", "no-store")
	reply(w, http.StatusOK, body)
}

// Memory returns the bytes that the process occupies and those that it may use,
// 0 where the system does not tell.
func Memory() (used, total uint64) { return residentBytes(), totalBytes() }

func memoryOf(used, total uint64) memory {
	total = max(total, used)
	m := memory{Free: total - used, Used: used, Total: total}
	if total > 0 {
		m.Percent = 100 * float64(used) / float64(total)
	}
	return m
}

// residentBytes is the memory that the process occupies; where the system does
// not tell, what the Go runtime has taken.
func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
		if pages, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
			return pages * uint64(os.Getpagesize())
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// totalBytes is the memory that the process may use: that of the machine, or of
// its control group if that is less. 0 where the system does not tell.
func totalBytes() uint64 {
	total := machineBytes()
	text, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return total
	}
	limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || total > 0 && limit > total {
		return total
	}
	return limit
}

func machineBytes() uint64 {
	text, _ := os.ReadFile("/proc/meminfo")
	_, rest, _ := strings.Cut(string(text), "MemTotal:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseUint(fields[0], 10, 64)
	return kilobytes << 10
}
