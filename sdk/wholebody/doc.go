// Package wholebody keeps the AWS SDK from losing answers, for plugins that use it.
//
// The SDK closes the body of its request as soon as there is an answer, and to copy
// from it is an error from then on. If net/http is not yet done with looking for the
// end of the body, as on a busy machine, it takes this for a failed write and closes
// the connection in the middle of an answer that does not fit its buffer of 4 KiB.
// The SDK then asks again, which is harmless for a read and is not for a queue that
// has handed something out.
package wholebody
