// Package webhook tells the back ends of apps what happened: channels that become
// occupied and vacated, members that come and go, client events and more.
//
// An event goes this way:
//
//   - The hub and the sessions call the methods of a Sink, which cost a look-up
//     for apps without webhooks. What no webhook wants ends here.
//   - Vacated and removed wait for three seconds and are taken back by a return.
//   - Each webhook of the app that wants the event gets a job of its own, or a
//     place in a batch. The job is made once, with the id of all its deliveries,
//     and holds no secret and no address.
//   - The clerk hands jobs to the queue, one at a time per app, webhook and channel.
//   - The courier takes jobs from the queue, of this and of other nodes. It looks
//     up the app, signs with the secret of that moment, and sends. What fails goes
//     back to the queue with a growing delay, until it is too old and becomes a
//     dead letter.
//
// The queue hands out one job of a group at a time, so that the events of a
// channel are never overtaken, and a job that waits for its next try holds up its
// own channel only. A receiver that fails is asked by one request every few
// seconds; its other jobs go straight back. A receiver that is slow can hold no
// more than its share of the workers.
//
// New makes a Service; call Start, hand out Sink, and call Stop at the end, when
// nobody is connected any more and before the queue ends.
package webhook
