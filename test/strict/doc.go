// Package strict reads frames of the Pusher protocol as the strictest client SDKs
// do, each of which breaks where the others do not: Swift wants strings where Java
// wants the key at all and .NET declared types. What Check accepts, all clients can
// read.
package strict
