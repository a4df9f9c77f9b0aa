import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, client, closeAll, connected, control, next, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 60_000 };

test('an unknown key ends in a refusal, not in a loop', limits, async () => {
  const pusher = client(undefined, {}, 'no-such-key');
  const states = [];
  pusher.connection.bind('state_change', ({ current }) => states.push(current));
  const error = await next(pusher.connection, 'error');
  assert.equal(error.error.data.code, 4001);
  if (pusher.connection.state !== 'disconnected') await next(pusher.connection, 'disconnected');
  assert.equal(pusher.connection.retryTimer ?? null, null, 'a retry is planned');
  assert.deepEqual(states, ['disconnected']);
});

test('clients come back by themselves after a restart, subscriptions and members with them', limits, async () => {
  const ann = client({ user_id: 'ann' });
  const ben = client({ user_id: 'ben' });
  const room = await subscribed(ann, 'presence-room');
  await subscribed(ben, 'presence-room');
  const before = ann.connection.socket_id;

  const goodbyes = Promise.all([next(ann.connection, 'error'), next(ben.connection, 'error')]);
  const back = Promise.all([next(ann.connection, 'connected'), next(ben.connection, 'connected')]);
  await control('stop');
  for (const goodbye of await goodbyes) assert.equal(goodbye.data.code, 4200);
  const again = next(room, 'pusher:subscription_succeeded');
  await control('start');
  await back;
  await again;
  assert.notEqual(ann.connection.socket_id, before);

  const arrived = next(room, 'e');
  await api.trigger('presence-room', 'e', { n: 1 });
  assert.deepEqual(await arrived, { n: 1 });
});

test('a server that is killed is found again', limits, async () => {
  const pusher = client();
  const channel = await subscribed(pusher, 'room');
  const again = next(channel, 'pusher:subscription_succeeded');
  await control('kill');
  await control('start');
  await again;
  const arrived = next(channel, 'e');
  await api.trigger('room', 'e', 'x');
  assert.equal(await arrived, 'x');
});
