import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import nacl from 'tweetnacl';
import { api, authorizes, client, closeAll, next, query, sealed, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };

/** A client that can read encrypted channels. */
const reader = () => client(undefined, { nacl, channelAuthorization: authorizes(undefined, sealed) });

test('a cache channel without an event says so', limits, async () => {
  const channel = client().subscribe('cache-empty');
  await next(channel, 'pusher:cache_miss');
  assert.equal(channel.subscribed, true);
});

test('who comes later starts with the last event', limits, async () => {
  await api.trigger('cache-news', 'headline', { n: 1 });
  await api.trigger('cache-news', 'headline', { n: 2 });
  const channel = client().subscribe('cache-news');
  const order = [];
  channel.bind_global((event) => order.push(event));
  assert.deepEqual(await next(channel, 'headline'), { n: 2 });
  assert.deepEqual(order.slice(0, 2), ['pusher:subscription_succeeded', 'headline']);
  const { cache } = await query('/channels/cache-news', { info: 'cache' });
  assert.equal(cache.data, JSON.stringify({ n: 2 }));
});

test('encrypted events arrive in clear, and the server cannot read them', limits, async () => {
  const channel = await subscribed(reader(), 'private-encrypted-room');
  const arrived = next(channel, 'secret');
  await sealed.trigger('private-encrypted-room', 'secret', { word: 'xyzzy' });
  assert.deepEqual(await arrived, { word: 'xyzzy' });
});

test('encrypted cache channels keep the ciphertext', limits, async () => {
  await sealed.trigger('private-encrypted-cache-room', 'secret', { word: 'plugh' });
  const channel = reader().subscribe('private-encrypted-cache-room');
  assert.deepEqual(await next(channel, 'secret'), { word: 'plugh' });
  const { cache } = await query('/channels/private-encrypted-cache-room', { info: 'cache' });
  assert.ok(!cache.data.includes('plugh'), cache.data);
});
