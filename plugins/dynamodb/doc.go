// Plugin dynamodb finds apps in a table of Amazon DynamoDB.
//
// An app is an item under its id; the index KeyIndex leads from its key to it.
// item.go reads items and writes them, without I/O. store.go makes all calls,
// with their bounds, their counts and the contract's errors. table.go makes the
// table when the driver is opened. app_manager.go is the driver: sdk/appstore on
// this store.
package main
