// Clients and pages on a server that speaks TLS itself.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, client, closeAll, connected, next, subscribed } from './clients.mjs';
import { launch } from './browser.mjs';

const limits = { timeout: 60_000 };
let browser;
before(async () => (browser = await launch()));
after(async () => {
  closeAll();
  await browser?.close();
});

test('events reach a page over wss', limits, async () => {
  const page = await browser.open();
  const urls = [];
  page.on('websocket', (socket) => urls.push(socket.url()));
  await page.evaluate(() => {
    connect('ann');
    return subscribe('presence-room');
  });
  await page.evaluate(() => listen('news', 'presence-room', 'e'));
  const text = 'Zoë 🦆'.repeat(10_000);
  await api.trigger('presence-room', 'e', { text });
  assert.deepEqual(await page.evaluate(() => heard('news')), { text });
  assert.ok(urls.length === 1 && urls[0].startsWith('wss://'), urls.join());
  await page.close();
});

test('an app for TLS alone is open to a page and to Node', limits, async () => {
  const page = await browser.open();
  await page.evaluate(async () => {
    connect('ann', 'tls-key');
    await subscribe('room');
  });
  assert.deepEqual(await page.evaluate(() => [errors, pusher.connection.state]), [[], 'connected']);
  await page.close();
  const pusher = await connected(client(undefined, {}, 'tls-key'));
  await subscribed(pusher, 'room');
});

test('events reach Node over wss', limits, async () => {
  const channel = await subscribed(client(), 'private-room');
  const event = next(channel, 'e');
  await api.trigger('private-room', 'e', { n: 1 });
  assert.deepEqual(await event, { n: 1 });
});
