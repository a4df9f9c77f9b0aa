import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, app, client, closeAll, compresses, connected, next, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 30_000 };
const { JACKFIELD_WEBHOOKS } = process.env;

/** The webhooks that the server has sent so far, read by the back end's SDK. */
async function webhooks() {
  const mail = (await (await fetch(JACKFIELD_WEBHOOKS)).json()) ?? [];
  return mail.map(({ headers, body }) => {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return { headers: lower, webhook: api.webhook({ headers: lower, rawBody: body }), body };
  });
}

/** Waits for an event that has all of the given fields. */
async function told(fields) {
  for (;;) {
    for (const sent of await webhooks()) {
      for (const event of sent.webhook.getEvents()) {
        if (Object.entries(fields).every(([name, value]) => event[name] === value)) return { ...sent, event };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the SDK accepts the signature and reads the events', limits, async () => {
  await subscribed(client(), 'hooked');
  const { webhook, headers, body } = await told({ name: 'channel_occupied', channel: 'hooked' });
  assert.ok(webhook.isContentTypeValid());
  assert.ok(webhook.isBodyValid());
  assert.ok(webhook.isValid());
  assert.ok(Math.abs(webhook.getTime().getTime() - Date.now()) < 60_000);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-pusher-key'], app.key);
  assert.ok(headers['x-webhook-id']);
  assert.equal(JSON.stringify(JSON.parse(body)), body);
});

test('a signature that was touched is noticed', limits, async () => {
  await subscribed(client(), 'forged');
  const { webhook } = await told({ name: 'channel_occupied', channel: 'forged' });
  assert.ok(webhook.isValid());
  webhook.signature = webhook.signature.replace(/^./, (c) => (c === '0' ? '1' : '0'));
  assert.ok(!webhook.isValid());
});

test('members and client events carry their texts', limits, async () => {
  const user = { user_id: '42', user_info: { name: 'Zoë' } };
  const pusher = client(user);
  const room = await subscribed(pusher, 'presence-hooked');
  await told({ name: 'member_added', channel: 'presence-hooked', user_id: '42' });
  room.trigger('client-typing', { text: '<Zoë> "\u2028"' });
  const { webhook, event } = await told({ name: 'client_event', channel: 'presence-hooked' });
  assert.ok(webhook.isValid());
  assert.equal(event.event, 'client-typing');
  assert.equal(event.user_id, '42');
  assert.equal(event.socket_id, pusher.connection.socket_id);
  assert.equal(typeof event.data, 'string');
  assert.deepEqual(JSON.parse(event.data), { text: '<Zoë> "\u2028"' });
  pusher.disconnect();
  await told({ name: 'member_removed', channel: 'presence-hooked', user_id: '42' });
  await told({ name: 'channel_vacated', channel: 'presence-hooked' });
});

test('cache misses and counts', limits, async () => {
  const pusher = client();
  await next(pusher.subscribe('cache-hooked'), 'pusher:cache_miss');
  assert.ok((await told({ name: 'cache_miss', channel: 'cache-hooked' })).webhook.isValid());
  assert.ok((await told({ name: 'subscription_count', channel: 'cache-hooked', subscription_count: 1 })).webhook.isValid());
});

test('connections and users come and go, for those who ask for it', limits, async () => {
  const pusher = await connected(client(undefined, {
    userAuthentication: { customHandler: ({ socketId }, callback) => callback(null, api.authenticateUser(socketId, { id: 'ida' })) },
  }));
  const { socket_id } = pusher.connection;
  assert.ok((await told({ name: 'connection_opened', socket_id })).webhook.isValid());
  pusher.signin();
  await told({ name: 'user_signed_in', user_id: 'ida' });
  pusher.disconnect();
  await told({ name: 'user_signed_out', user_id: 'ida' });
  const { event } = await told({ name: 'connection_closed', socket_id });
  // The WebSocket of ws sends no code when it is closed, pusher-js's own sends 1000.
  assert.deepEqual([event.user_id, event.code, typeof event.duration_ms], ['ida', compresses ? 0 : 1000, 'number']);
});
