// Package lastevent keeps the last event of every cache channel, so that a
// client who comes later starts with it.
//
// A Store lies over the shared cache. Its Publisher stands between the HTTP API
// and the hub: an event for a cache channel is written to the cache, then handed
// on, so that a subscriber who is let in before the one or after the other gets
// it, once. Events of one channel are written and handed on in one order. Ask
// reads for a new subscriber: many of them are served by one look-up, a fixed
// number of goroutines makes all look-ups, and nobody waits longer than the read
// timeout allows, for a cache that is away counts as one that holds nothing.
//
// The entry of a channel has the key "channel:" + app id + ":" + channel (behind
// the prefix of the cache's driver) and is the event as clients get it, a JSON object with event, channel and data,
// preceded by an id that grows with each event of the channel:
//
//	{"id":"17c1f0a2b3d4e5f6","event":"my-event","channel":"cache-x","data":"{}"}
//
// Make a Store with New, call Start before the first Ask and Stop after the
// last. All methods may be called at the same time.
package lastevent
