// Package rest serves the HTTP API of the Pusher protocol and the health of the
// server.
//
// New makes a Server, an http.Handler for the main port. It answers
//
//	POST /apps/{id}/events                   publish one event to some channels
//	POST /apps/{id}/batch_events             publish several events
//	GET  /apps/{id}/channels                 occupied channels
//	GET  /apps/{id}/channels/{name}          one channel
//	GET  /apps/{id}/channels/{name}/users    users of a presence channel
//	GET  /apps/{id}/connections              number of connections
//	POST /apps/{id}/users/{user}/terminate_connections
//	GET  /up, /up/{id}, /ready               health, of the server or for one app
//	GET  /live                               the process answers
//	GET  /usage                              memory of the process
//
// and everything else with 404 or 405. What it needs of the rest of the server
// it takes as small interfaces in Options.
//
// A call to /apps goes through the same steps: limit per address, route, app,
// signature over the head, body (bounded, and of the sum that was signed), limit of the app, and then the
// handler of the route. Publishing checks everything, encodes each message once
// as a whole WebSocket frame and hands all of them to the Publisher in one go,
// all or none; nothing here writes to the sockets of clients.
//
// Failures are JSON: {"error":text,"code":word,"status":number}. Connections are
// kept alive whatever the answer, unless net/http must close one to get rid of a
// body that nobody wants.
package rest
