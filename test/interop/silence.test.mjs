// Clients that say nothing, on a server that soon asks whether they are there.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import WebSocket from 'ws';
import { launch } from './browser.mjs';
import { app, client, closeAll, codes, connected, next, retries } from './clients.mjs';

const port = Number(process.env.JACKFIELD_PORT);
let browser;
before(async () => (browser = await launch()));
after(async () => {
  closeAll();
  await browser?.close();
});

/** A way to the server on which clients can be cut off: what they say no longer arrives. */
async function deafening() {
  const clients = new Set();
  const proxy = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    clients.add(from);
    for (const [one, other] of [[from, to], [to, from]]) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));
  return { port: proxy.address().port, cut: () => clients.forEach((from) => from.unpipe().pause()), close: () => proxy.close() };
}

test('4201 (no answer to a ping): at once, in a page and elsewhere; who answers stays', { timeout: 120_000 }, async () => {
  const quiet = new WebSocket(`ws://127.0.0.1:${port}/app/${app.key}?protocol=7`);
  let pings = 0;
  quiet.on('ping', () => pings++);
  const page = await browser.open();
  await page.evaluate((url) => (window.quiet = new WebSocket(url)) && undefined, quiet.url);

  const proxy = await deafening();
  const pusher = await connected(client(undefined, { wsPort: proxy.port, pongTimeout: 600_000 }));
  const deaf = await browser.open();
  await deaf.evaluate(async (wsPort) => {
    connect('ann', settings.key, { wsPort, pongTimeout: 600_000 });
    window.delays = [];
    pusher.connection.bind('connecting_in', (delay) => delays.push(delay));
    await next(pusher.connection, 'connected');
  }, proxy.port);
  const [seen, retry] = [codes(pusher), retries(pusher)];
  proxy.cut();
  assert.equal(await retry, 'at once');
  assert.equal(seen[0], 4201);
  await deaf.waitForFunction(() => errors.length > 0 && pusher.connection.state === 'connected');
  assert.deepEqual(await deaf.evaluate(() => [errors[0], delays, states]), [4201, [], ['connected', 'connecting', 'connected']]);
  await next(pusher.connection, 'connected');
  proxy.close();

  assert.equal(quiet.readyState, WebSocket.OPEN);
  assert.ok(pings > 0);
  assert.equal(await page.evaluate(() => quiet.readyState), 1);
  quiet.terminate();
});
