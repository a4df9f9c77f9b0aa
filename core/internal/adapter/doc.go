// Package adapter joins this node to the others, through the driver of the kind
// "adapter".
//
// A Node drives the state machines of package replica: one goroutine takes what
// happens (calls of the hub and of sessions, events and answers of the driver),
// gives it to the machines, makes the calls that they ask for, each in a goroutine
// of its own, and passes their effects on to the channels of the hub. Whoever asks
// who is subscribed anywhere reads the machines' view, also while the cluster is
// away.
//
// Messages take another way. What was published here goes, after the delivery to
// this node's subscribers, into a bounded buffer and from there to the driver, in
// order; what comes from the driver goes to the hub. Topics, one per channel, are
// subscribed to while the channel has subscribers here. Nothing on the way of a
// local delivery waits for any of this.
//
// New makes a Node; give it to the hub as hub.Options.Cluster, call Start, and
// Stop when nobody is connected any more.
package adapter
