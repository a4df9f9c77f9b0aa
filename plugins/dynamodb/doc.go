// Plugin dynamodb has no drivers in this version.
package main
