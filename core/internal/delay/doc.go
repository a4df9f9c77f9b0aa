// Package delay calls functions after a fixed time, unless they are called off.
//
// A Line has one delay, so whatever enters it last leaves it last: it is a list,
// with one timer for its head, and entering and calling off cost the same
// however long it is. Functions run one after the other on a goroutine of the
// line, without any lock of it: they may enter again and call off others.
package delay
