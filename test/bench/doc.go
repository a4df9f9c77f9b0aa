//go:build linux

// Command bench measures a built server from outside and prints ratios.
//
//	go run ./test/bench              all figures, in less than ten minutes
//	go run ./test/bench -quick       a look at all of them, in about two
//	go run ./test/bench -only knee   the figures whose names match
//
// Each figure that depends on the machine is a ratio of two things measured in
// turn within one run, round by round, in changing order: the server's processor
// time per delivery against that of a bare loop of write(2) of the same frames,
// operations on a plugin one by one against the same in batches. A ratio is given
// as the median of its rounds with the interval between the quartiles; it is red
// only when the whole interval misses its bar, and then the exit status is 1.
// Counts (system calls, allocations, bytes) are gates by themselves. Figures
// without a bar are there to be read.
//
// The server runs on one processor, its clients on another. To add a figure,
// write a method of suite that calls add, and name it in figures.
package main
