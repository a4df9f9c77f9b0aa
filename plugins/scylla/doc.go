// Plugin scylla has no drivers in this version.
package main
