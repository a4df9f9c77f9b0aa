import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, app, authorizes, client, closeAll, next, sealed, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };

test('a private channel opens to whom the back end authorises', limits, async () => {
  const channel = await subscribed(client(), 'private-room');
  const arrived = next(channel, 'e');
  await api.trigger('private-room', 'e', { n: 1 });
  assert.deepEqual(await arrived, { n: 1 });
});

test('a wrong signature is told to the subscriber', limits, async () => {
  const forged = { customHandler: (_, callback) => callback(null, { auth: `${app.key}:${'0'.repeat(64)}` }) };
  const pusher = client(undefined, { channelAuthorization: forged });
  const channel = pusher.subscribe('private-room');
  const error = await next(channel, 'pusher:subscription_error');
  assert.equal(error.type, 'AuthError');
  assert.equal(error.status, 401);
  assert.equal(channel.subscribed, false);

  // The connection is as good as before.
  const open = await subscribed(pusher, 'room');
  const arrived = next(open, 'e');
  await api.trigger('room', 'e', 'x');
  assert.equal(await arrived, 'x');
});

test('an authorisation that fails in the back end never reaches the server', limits, async () => {
  const refuses = { customHandler: (_, callback) => callback(new Error('no'), null) };
  const channel = client(undefined, { channelAuthorization: refuses }).subscribe('private-room');
  const error = await next(channel, 'pusher:subscription_error');
  assert.equal(error.type, 'AuthError');
});

test('client events reach the other subscribers of a private channel', limits, async () => {
  const [here, there] = await Promise.all([subscribed(client(), 'private-chat'), subscribed(client(), 'private-chat')]);
  const arrived = next(there, 'client-typing');
  assert.equal(here.trigger('client-typing', { who: 'Zoë' }), true);
  assert.deepEqual(await arrived, { who: 'Zoë' });
});

test('encrypted channels are decrypted by the client alone', limits, async () => {
  const pusher = client(undefined, { channelAuthorization: authorizes(undefined, sealed) });
  const channel = await subscribed(pusher, 'private-encrypted-room');
  const arrived = next(channel, 'e');
  await sealed.trigger('private-encrypted-room', 'e', { secret: 'Zoë' });
  assert.deepEqual(await arrived, { secret: 'Zoë' });
});
