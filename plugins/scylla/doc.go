// Plugin scylla finds apps in a table of ScyllaDB or Apache Cassandra.
//
// An app is a row under its id; an index over the column key leads from its key
// to it. cell.go and row.go read rows, without I/O. cluster.go and entry.go reach
// the nodes; keyspace.go, schema.go and keyindex.go make what is missing when the
// driver is opened; store.go asks for rows and change.go changes them, with bounds,
// counts and the contract's errors. app_manager.go is the driver: sdk/appstore on
// this store.
package main
