package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackfield/jackfield/sdk/contract"
)

const (
	fifoSuffix = ".fifo"
	deadSuffix = "-dead"
	// mostName leaves room for the suffixes within the 80 letters of SQS.
	mostName = 80 - len(deadSuffix) - len(fifoSuffix)
)

// suffixed returns the name that SQS knows a queue by.
func suffixed(name string, fifo bool) string {
	if fifo {
		return name + fifoSuffix
	}
	return name
}

// deadName returns the name of the dead-letter queue of a queue.
func deadName(name string, fifo bool) string { return suffixed(name+deadSuffix, fifo) }

// nameOf returns the name in a queue's URL, without the suffix of FIFO queues.
func nameOf(url string) string {
	return strings.TrimSuffix(lastOf(url), fifoSuffix)
}

// lastOf returns what stands behind the last slash of a URL.
func lastOf(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

// arn is the Amazon resource name of a queue, in parts.
type arn struct{ account, name string }

// parseARN reads arn:aws:sqs:region:account:name.
func parseARN(text string) (arn, bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sqs" || parts[5] == "" {
		return arn{}, false
	}
	return arn{account: parts[4], name: parts[5]}, true
}

// token turns any text into what SQS takes as a group or deduplication id.
func token(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// checkName tells whether a queue may be called so.
func checkName(name string) error {
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
	if name == "" || odd || len(name) > mostName {
		return fmt.Errorf(`%w: a queue is named by 1 to %d letters, digits, "-" and "_", not %q`, contract.ErrInvalid, mostName, name)
	}
	return nil
}
