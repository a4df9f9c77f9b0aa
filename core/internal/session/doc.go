// Package session knows what each frame of a client means.
//
// A Session is one connection: who it is, which app it belongs to, what it is
// subscribed to. Its frames are handled strictly in order by the worker of its
// shard, so that nothing in it needs a lock; the reader goroutine of the
// connection only puts messages into the shard's inbox. A client that sends
// faster than the worker follows is slowed down at its own reader.
//
// A Server makes sessions out of upgraded connections (it is the handler of
// package ws), refuses those that may not connect with the error frame and the
// close code of the Pusher protocol, watches over their heartbeat with one timer
// wheel per shard, and closes them spread over time when the server stops.
// Call Start, then Tick once a second; Drain and Stop at the end.
package session
