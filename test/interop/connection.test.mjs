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
  assert.equal(error.data?.code ?? error.error?.data?.code, 4001);
  if (pusher.connection.state !== 'disconnected') await next(pusher.connection, 'disconnected');
  assert.equal(pusher.connection.retryTimer ?? null, null, 'a retry is planned');
  assert.deepEqual(states, ['connecting', 'disconnected']);
});

test('clients come back by themselves after a restart, subscriptions and members with them', limits, async () => {
  const ann = client({ user_id: 'ann' });
  const ben = client({ user_id: 'ben' });
  const room = await subscribed(ann, 'presence-room');
  await subscribed(ben, 'presence-room');
  const before = ann.connection.socket_id;

  const lost = Promise.all([next(ann.connection, 'connecting'), next(ben.connection, 'connecting')]);
  const back = Promise.all([next(ann.connection, 'connected'), next(ben.connection, 'connected')]);
  await control('stop');
  await lost;
  const again = next(room, 'pusher:subscription_succeeded');
  await control('start');
  await back;
  await again;
  assert.notEqual(ann.connection.socket_id, before);

  const arrived = next(room, 'e');
  await api.trigger('presence-room', 'e', { n: 1 });
  assert.deepEqual((await arrived).data ?? (await arrived), { n: 1 });
});

test('a server that says goodbye is asked again at once', limits, async () => {
  const pusher = await connected(client());
  const goodbye = next(pusher.connection, 'error');
  await control('stop');
  const error = await goodbye;
  assert.equal(error.data?.code ?? error.error?.data?.code, 4200);
  const back = next(pusher.connection, 'connected');
  await control('start');
  await back;
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
