// Command teststore is a third-party plugin for tests: an app store that holds
// one app, written as its author would write it.
package main
