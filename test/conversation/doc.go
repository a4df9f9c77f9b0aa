// Package conversation runs text scripts of what clients and back ends say to a
// Pusher-compatible server, and what it must answer. Every file in scripts/ is
// one test; adding a case is adding a file.
//
// A script is read line by line; "#" begins a comment line.
//
//	a connects                      a opens a connection and is greeted; $SID(a) is its socket id
//	a joins presence-room as ann    a subscribes (with authorisation) and is told that it succeeded
//	a signs in as ann               a signs in with the data of a user, and is told that it succeeded
//	a leaves room                   a unsubscribes
//	a> TEXT                         a sends a text frame; "10x a> TEXT" sends ten
//	a< PATTERN                      the next frame that a receives; "10x a< PATTERN" for ten
//	a closes                        a closes; the server answers the close frame and ends the connection
//	a closed 4001 TEXT              the server sends a close frame with this code and ends the connection
//	a drops                         a goes away without a word
//	a quiet                         nothing has come for a that the script does not mention
//	a opens PATH                    a opens a connection at a path, "with HEADER: VALUE" if need be;
//	                                nothing is expected
//	a refused 404 PATH              the upgrade at this path is answered with an HTTP status
//	a pings TEXT                    a ping control frame and its pong; "a ponged TEXT" for the pong alone
//	a sends binary TEXT             single frames as no good client sends them: also
//	                                unmasked TEXT, reserved TEXT, hex BYTES (a text frame),
//	                                raw BYTES (on the wire), fragments TEXT | TEXT
//	a burst TEXT | TEXT             several text frames in one write
//
//	publish room my-event {"a":1}   an event by the HTTP API, "except a" at the end leaves a out
//	GET /channels -> 200 {...}      any call of the HTTP API, signed; "~/up" is a path outside the app
//	POST /events BODY -> 400 {...}  words before the method spoil the call: unsigned, missigned,
//	                                stale, future, unhashed, mishashed, version=V, key=K, app=ID;
//	                                idempotent=K sends an idempotency key
//
//	eventually LINE                 the same line again and again until it succeeds: for
//	                                calls and connects that depend on an end which the
//	                                server may notice a moment later
//
//	user ann {"user_id":"ann"}      channel data or user data for "as ann", $USER(ann), $AUTH(a,channel,ann)
//	                                and $SIGNIN(a,ann)
//	watch EVENT                     expect this event as well (see below)
//	app small {"max_connections":1} an app with these settings, for "use small"
//	server {"max_connections":5}    further settings of the server
//	use small                       the lines below speak to this app
//
// A script with app or server lines runs only against a server that the test
// starts itself; all others run against any server (flags -target, -app-id,
// -app-key and -app-secret).
//
// Text may hold $KEY, $ID, $SID(a), $AUTH(a,channel), $AUTH(a,channel,user),
// $SIGNIN(a,user), $USER(name) and $REPEAT(text,times). Text in single quotes becomes a JSON
// string: "data":'{"a":1}' stands for "data":"{\"a\":1}". $NEW, on any line, is a word that no
// other run of any script has: it names what a server remembers when all have gone, such as
// cache channels and idempotency keys.
//
// A pattern is JSON and matches what is equal to it: no field may be missing, none
// more may be there. In strings "*" stands for any text; strings that hold JSON
// are compared as JSON; the lists "ids" and "users" are sets. Frames must come
// in the order written, and the strictest client SDKs must be able to read them
// (package strict). A frame that no line expects fails the script at the latest at
// its end. Only frames of the events in Unasked, which a server may send at times
// of its own, are passed over unless a line waits for them or "watch" names them.
package conversation
