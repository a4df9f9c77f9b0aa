// Package replica is what a node knows of the cluster's state, and what it tells
// the cluster of its own: pure state machines without goroutines, locks or a clock.
//
// A Cell is one of the cells of contract.Adapter as this node sees it. It holds
// what this node wants to hold there and what all nodes hold, as the numbered
// changes of the cell say. Whoever drives it calls a method for each thing that
// happened, with the time; asks Commands what is to be called on the session, and
// gives the results back; and passes the Effects on to those who are told.
// One Cell is used by one goroutine at a time.
//
// What is shown is what other nodes hold by the changes, and what this node holds:
// a user of this node from the moment at which their entry stands in the sequence,
// or when no verdict came in time, until their exit does. Numbers of this node are
// always its present ones.
//
// There is one way back from whatever went wrong. A gap, a loss or a lagging
// position makes the cell read the log; a log that does not reach back, or another
// epoch, makes it read all pages of the cell and then the log from there; what
// differs from what was shown becomes effects. A new session tells everything
// again, under its new incarnation; a new epoch likewise. Holdings of other nodes
// that an epoch has lost stay shown until their node has told all it holds, which
// its marker says, or a short time is over.
package replica
