// Package faults breaks the built server on purpose, while clients watch: it
// kills plugins, floods tenants, lets clients stop reading, and looks for lost,
// doubled or swapped messages.
package faults
