// Command testplugin is a small plugin with bad manners, for the tests of
// package sdk: it prints where it should not, panics, and hangs on request.
package main
