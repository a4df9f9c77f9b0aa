// Plugin sql has no drivers in this version.
package main
