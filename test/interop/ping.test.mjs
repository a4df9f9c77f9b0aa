import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { client, closeAll, connected } from './clients.mjs';

after(closeAll);

test('pusher-js answers a ping that is an event', { timeout: 60_000 }, async () => {
  const { connection } = await connected(client());
  connection.stopActivityCheck(); // else it is faster with its own
  const sent = await new Promise((resolve) => {
    const send = connection.send_event;
    connection.send_event = function (...args) {
      send.apply(this, args);
      resolve(args);
    };
  });
  assert.deepEqual(sent, ['pusher:pong', {}]);
});
