// Package hub knows which connections of this node are subscribed to which
// channels, and brings messages to them.
//
// The subscribers of an app are spread over a fixed number of shards, so that a
// huge channel keeps every core busy. Each shard has one worker and, per app, a
// log. Whatever concerns a subscriber's stream stands in the log of its app and
// shard, in order: messages, the acknowledgement that begins a subscription, its
// end. The worker alone holds the lists of subscribers; nothing locks them.
//
// Publishing appends one entry per shard that has subscribers and returns; it
// never writes to a socket. All shards that a publish concerns take it in the
// same moment or none does, so every subscriber sees one order, that of the log,
// over all its channels. The worker takes all that waits and joins it into one
// write per connection; it serves apps in turn, a turn being about 32 writes or 256 KiB, so that no app starves another.
//
// In a cluster (Options.Cluster) the members of presence channels and the numbers
// of subscriptions are those of all nodes. The hub then tells what this node has
// and is told what there is, and a Join is prepared by Reserve, which waits for
// the other nodes.
//
// Use New, then Start; Join and Leave for subscriptions, Publish for messages,
// Stop at the end. All methods may be called at the same time, except that the
// calls that concern one Subscriber are made by one goroutine at a time.
// Lock order: Channel.mu, then shard.mu in the order of the shards; App.mu is
// taken alone or before a Channel.mu.
package hub
