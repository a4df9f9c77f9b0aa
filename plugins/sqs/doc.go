// Plugin sqs has no drivers in this version.
package main
