// Command bench measures a built server from outside and prints ratios.
//
// Each figure that depends on the machine is a ratio of two things measured in
// turn within one run, round by round: the server's CPU time per delivery
// against that of a bare loop of write(2) of the same frames, operations through
// a plugin one by one against the same in batches. A ratio is given as the median
// of its rounds with the interval between the quartiles; it is red only when the
// whole interval lies over its bar. Counts (system calls, allocations, bytes)
// are gates by themselves.
//
// The server runs on processor 0, clients on processor 1.
package main
