//go:build linux

// Package target starts what is measured, each as a process pinned to one
// processor, and reads the kernel's accounts of it: processor time, calls of
// write(2), resident memory.
//
// A Server is the built core with its memory plugin. A Floor is the yardstick: a
// process that does nothing but write(2) to as many connections.
package target
