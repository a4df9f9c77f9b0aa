// Package pusher is the Pusher Channels protocol as pure values: names, ids,
// frames, signatures, and the bodies of the HTTP API. It does no I/O, reads no
// clock and starts no goroutine; everything may be used by several goroutines
// at the same time.
//
// A tour in the order of a connection's life:
//
//   - [SocketID] names a connection, [Code] says why it ended, [Error] is what
//     a "pusher:error" frame tells the client.
//   - [ParseEnvelope] reads an inbound frame without allocating. What is in its
//     data is read by [ParseSubscribe], [ParseUnsubscribe] and [ParseSignin].
//   - [ParseChannel] says what a channel's name demands, [VerifyChannelAuth]
//     and [VerifySignin] check signatures with the [Signers] of the app,
//     [ParseMember] and [ParseUser] read who signed.
//   - The Append functions write the frames that a server sends. The data of
//     each is a JSON string, except that of "pusher:error", which is an object.
//   - [VerifyRequest] checks a request to the HTTP API, [ParseEvent] and
//     [ParseBatch] read its body; each of them fails with a [Failure].
//
// Byte slices in results alias the input unless said otherwise: whoever keeps
// them longer than the input copies them.
package pusher
