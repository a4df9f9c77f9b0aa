// Package history judges what clients and back ends were told, whether by a
// simulation or by real servers.
//
// A List is what a client believes about the members of a presence channel. An
// Announcements is what a back end was told by webhooks about what comes and goes.
// Both report what can not be: somebody who comes twice, leaves without having
// come, or one transition under two ids.
package history
