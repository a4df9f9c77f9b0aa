import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, app, backEnd, client, closeAll, collect, compresses, connected, next, query, socketOf, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };

test('a published event arrives', limits, async () => {
  const channel = await subscribed(client(), 'room');
  const arrived = next(channel, 'greeting');
  const response = await api.trigger('room', 'greeting', { hello: 'world' });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {});
  assert.deepEqual(await arrived, { hello: 'world' });
});

test('one event reaches several channels', limits, async () => {
  const pusher = client();
  const first = await subscribed(pusher, 'several-1');
  const second = await subscribed(pusher, 'several-2');
  const both = Promise.all([next(first, 'e'), next(second, 'e')]);
  await api.trigger(['several-1', 'several-2'], 'e', 'x');
  assert.deepEqual(await both, ['x', 'x']);
});

test('a batch arrives in its order', limits, async () => {
  const channel = await subscribed(client(), 'batch');
  const seen = collect(channel, 'e');
  const last = next(channel, 'last');
  await api.triggerBatch([
    { channel: 'batch', name: 'e', data: { n: 1 } },
    { channel: 'batch', name: 'e', data: { n: 2 } },
    { channel: 'batch', name: 'last', data: {} },
  ]);
  await last;
  assert.deepEqual(seen, [{ n: 1 }, { n: 2 }]);
});

test('the socket that caused an event is spared', limits, async () => {
  const [sender, other] = await Promise.all([connected(client()), connected(client())]);
  const own = await subscribed(sender, 'echoless');
  const theirs = await subscribed(other, 'echoless');
  const seen = collect(own, 'e');
  const arrived = Promise.all([next(theirs, 'e'), next(own, 'last'), next(theirs, 'last')]);
  await api.trigger('echoless', 'e', { n: 1 }, { socket_id: sender.connection.socket_id });
  await api.trigger('echoless', 'last', {});
  assert.deepEqual((await arrived)[0], { n: 1 });
  assert.deepEqual(seen, []);
});

test('a publish tells who is there', limits, async () => {
  await subscribed(client(), 'counted');
  const response = await api.trigger('counted', 'e', 'x', { info: 'subscription_count' });
  assert.deepEqual(await response.json(), { channels: { counted: { subscription_count: 1 } } });
});

test('unicode survives', limits, async () => {
  const text = 'Zoë 🦆 日本語 "quoted" \\ \u0000 \u2028 </script>';
  const channel = await subscribed(client(), 'unicode');
  const arrived = next(channel, 'ünï');
  await api.trigger('unicode', 'ünï', { text });
  assert.deepEqual(await arrived, { text });
});

test('big messages arrive whole, in both directions, compressed where that was agreed', limits, async () => {
  const big = 'ä'.repeat(45_000);
  const [here, there] = [client(), client()];
  const channels = await Promise.all([subscribed(here, 'private-big'), subscribed(there, 'private-big')]);
  if (compresses) assert.equal(socketOf(there).extensions, 'permessage-deflate');
  for (const n of [1, 2]) {
    const arrived = next(channels[1], 'e');
    await api.trigger('private-big', 'e', { n, big });
    assert.deepEqual(await arrived, { n, big });
    const said = next(channels[1], 'client-e');
    channels[0].trigger('client-e', { n, big });
    assert.deepEqual(await said, { n, big });
  }
});

test('a message that is too big is refused with 413', limits, async () => {
  await assert.rejects(api.trigger('big', 'e', 'x'.repeat(200_000)), { status: 413 });
});

test('a wrong secret is refused with 401', limits, async () => {
  const stranger = backEnd({ ...app, secret: 'guessed' });
  await assert.rejects(stranger.trigger('room', 'e', 'x'), { status: 401 });
});

test('occupied channels can be listed', limits, async () => {
  const pusher = client();
  await subscribed(pusher, 'listed-1');
  await subscribed(pusher, 'listed-2');
  assert.deepEqual(await query('/channels', { filter_by_prefix: 'listed-' }), { channels: { 'listed-1': {}, 'listed-2': {} } });
  assert.deepEqual(await query('/channels/listed-1', { info: 'subscription_count' }), { occupied: true, subscription_count: 1 });
  assert.deepEqual(await query('/channels/nobody'), { occupied: false });
});

test('after unsubscribe nothing arrives', limits, async () => {
  const pusher = client();
  const left = await subscribed(pusher, 'left');
  const stayed = await subscribed(pusher, 'stayed');
  const seen = collect(left, 'e');
  pusher.unsubscribe('left');
  const arrived = next(stayed, 'e');
  await api.trigger('left', 'e', 1);
  await api.trigger('stayed', 'e', 2);
  assert.equal(await arrived, 2);
  assert.deepEqual(seen, []);
});
