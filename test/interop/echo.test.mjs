import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, closeAll, echo } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };
const ann = { user_id: '1', user_info: { id: 1, name: 'Ann' } };
const ben = { user_id: '2', user_info: { id: 2, name: 'Ben' } };
const when = (register) => new Promise((resolve) => register(resolve));

test('listen hears what Laravel broadcasts', limits, async () => {
  const channel = echo().channel('orders');
  await when((done) => channel.subscribed(done));
  const heard = when((done) => channel.listen('OrderShipped', done));
  await api.trigger('orders', 'App\\Events\\OrderShipped', { id: 7 });
  assert.deepEqual(await heard, { id: 7 });
});

test('listenToAll and broadcastAs names', limits, async () => {
  const channel = echo().channel('named');
  await when((done) => channel.subscribed(done));
  const heard = when((done) => channel.listen('.order.shipped', done));
  await api.trigger('named', 'order.shipped', { id: 8 });
  assert.deepEqual(await heard, { id: 8 });
});

test('whisper reaches the others', limits, async () => {
  const [here, there] = [echo(ann).private('chat'), echo(ben).private('chat')];
  await Promise.all([when((done) => here.subscribed(done)), when((done) => there.subscribed(done))]);
  const heard = when((done) => there.listenForWhisper('typing', done));
  here.whisper('typing', { name: 'Ann' });
  assert.deepEqual(await heard, { name: 'Ann' });
});

test('here, joining and leaving', limits, async () => {
  const room = echo(ann).join('room');
  const here = await when((done) => room.here(done));
  assert.deepEqual(here, [{ id: 1, name: 'Ann' }]);

  const joining = when((done) => room.joining(done));
  const visitor = echo(ben);
  const theirs = await when((done) => visitor.join('room').here(done));
  assert.deepEqual(theirs.map((user) => user.name).sort(), ['Ann', 'Ben']);
  assert.deepEqual(await joining, { id: 2, name: 'Ben' });

  const leaving = when((done) => room.leaving(done));
  visitor.leave('room');
  assert.deepEqual(await leaving, { id: 2, name: 'Ben' });
});

test('toOthers: the socket id that Echo hands to the back end spares the sender', limits, async () => {
  const [sender, other] = [echo(), echo()];
  const own = sender.channel('others');
  const theirs = other.channel('others');
  await Promise.all([when((done) => own.subscribed(done)), when((done) => theirs.subscribed(done))]);
  const seen = [];
  own.listen('.e', (data) => seen.push(data.n));
  const heard = when((done) => theirs.listen('.e', done));
  const last = when((done) => own.listen('.last', done));
  await api.trigger('others', 'e', { n: 1 }, { socket_id: sender.socketId() });
  await api.trigger('others', 'last', {});
  assert.deepEqual(await heard, { n: 1 });
  await last;
  assert.deepEqual(seen, []);
});

test('error tells of a refused channel', limits, async () => {
  const refused = echo();
  refused.connector.pusher.config.channelAuthorizer = (_, callback) => callback(null, { auth: 'app-key:00' });
  const error = await when((done) => refused.private('closed').error(done));
  assert.equal(error.status, 401);
});
