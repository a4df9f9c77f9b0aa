// Package delay makes things happen after a fixed time, unless they are called off.
//
// All that waits in one place waits for the same time, so whatever enters it last
// leaves it last: it is a list, and entering and calling off cost the same however
// long it is. A Row is that list, for those who have a clock and a loop of their
// own. A Line is a Row with a timer for its head: its functions run one after the
// other on a goroutine of the line, without any lock of it, so they may enter again
// and call off others.
package delay
