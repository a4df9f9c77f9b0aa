// Plugin redis has no drivers in this version.
package main
