// Plugin sqs keeps jobs in Amazon SQS, or in a server that speaks its API.
//
// A queue of jobs is a line: an SQS queue and its dead-letter queue, a poller that
// asks SQS only while a consumer waits, and the table of jobs that are out. SQS
// hides a received message for a time (its visibility). The line asks for more
// than the lease of its consumers and ends leases itself, so that it still owns
// a message whose lease ended and can put it back, or among the dead letters,
// safely; SQS's own clock counts only when this process dies.
//
// Files: options, client (AWS), failure (its errors), names, prepare (find or
// make the queues); envelope (the text of a message), send (batches), outcome
// (what a batch's answer means); line, poll, receive (calls whose answer may be
// lost), sift (what a received message is), hand, keep (leases), release;
// consumer; dead, search and scan (dead letters).
package main
