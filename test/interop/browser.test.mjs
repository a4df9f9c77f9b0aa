// The clients where most of them run: in a page, in a browser.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, control, sealed } from './clients.mjs';
import { launch } from './browser.mjs';

const limits = { timeout: 60_000 };
const { JACKFIELD_COMPRESSION } = process.env;
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A page with a client that is subscribed to some channels. */
async function visitor(user, ...channels) {
  const page = await browser.open();
  await page.evaluate((name) => connect(name), user);
  for (const channel of channels) await page.evaluate((name) => subscribe(name), channel);
  return page;
}

/** Has a page listen, does something, and returns what the page heard. */
async function hears(page, channel, event, cause) {
  const label = `${channel} ${event}`;
  await page.evaluate(([label, channel, event]) => listen(label, channel, event), [label, channel, event]);
  await cause();
  return page.evaluate((label) => heard(label), label);
}

test('events arrive, and every frame has the form that all clients can read', limits, async () => {
  const page = await visitor('ann', 'room');
  const text = 'Zoë 🦆 日本語 "quoted" \\ \u0000 \u2028 </script>';
  assert.deepEqual(await hears(page, 'room', 'e', () => api.trigger('room', 'e', { text })), { text });
  assert.equal(JSON.parse(page.heard[0]).event, 'pusher:connection_established');
  for (const frame of page.heard) assert.equal(typeof JSON.parse(frame).data, 'string', frame);
  assert.deepEqual(page.strays, []);
  await page.close();
});

test('private channels and client events', limits, async () => {
  const [ann, ben] = [await visitor('ann', 'private-chat'), await visitor('ben', 'private-chat')];
  const typing = () => ann.evaluate(() => pusher.channel('private-chat').trigger('client-typing', { who: 'ann' }));
  assert.deepEqual(await hears(ben, 'private-chat', 'client-typing', typing), { who: 'ann' });
  await Promise.all([ann.close(), ben.close()]);
});

test('presence: a member who closes the page leaves', limits, async () => {
  const ann = await visitor('ann', 'presence-room');
  let ben;
  const joined = await hears(ann, 'presence-room', 'pusher:member_added', async () => (ben = await visitor('ben', 'presence-room')));
  assert.deepEqual(joined, { id: 'ben', info: { name: 'ben' } });
  assert.deepEqual(await ben.evaluate(() => subscribe('presence-room')), ['ann', 'ben']);
  const left = await hears(ann, 'presence-room', 'pusher:member_removed', () => ben.close());
  assert.equal(left.id, 'ben');
  await ann.close();
});

test('encrypted channels: the page reads them, the wire does not', limits, async () => {
  const page = await visitor('ann', 'private-encrypted-room');
  const sent = () => sealed.trigger('private-encrypted-room', 'secret', { word: 'xyzzy' });
  assert.deepEqual(await hears(page, 'private-encrypted-room', 'secret', sent), { word: 'xyzzy' });
  assert.ok(page.heard.some((frame) => frame.includes('ciphertext')));
  assert.ok(!page.heard.some((frame) => frame.includes('xyzzy')));
  await page.close();
});

test('cache channels begin with the last event', limits, async () => {
  await api.trigger('cache-news', 'headline', { n: 1 });
  const page = await browser.open();
  const got = await page.evaluate(() => {
    connect('ann');
    return next(pusher.subscribe('cache-news'), 'headline');
  });
  assert.deepEqual(got, { n: 1 });
  await page.close();
});

test('a signed-in user hears from the back end', limits, async () => {
  const page = await visitor('ann');
  await page.evaluate(async () => {
    pusher.signin();
    await pusher.user.signinDonePromise;
    waiting.greeting = next(pusher.user, 'greeting');
  });
  await api.sendToUser('ann', 'greeting', { hello: 'ann' });
  assert.deepEqual(await page.evaluate(() => heard('greeting')), { hello: 'ann' });
  await page.close();
});

test('laravel-echo: listen, whisper, here, joining, leaving', limits, async () => {
  const [ann, ben] = [await browser.open(), await browser.open()];
  const here = await ann.evaluate(async () => {
    connectEcho('ann');
    const room = echo.join('echo');
    const members = await new Promise((done) => room.here(done));
    waiting.joining = new Promise((done) => room.joining(done));
    waiting.leaving = new Promise((done) => room.leaving(done));
    waiting.event = new Promise((done) => room.listen('OrderShipped', done));
    waiting.whisper = new Promise((done) => room.listenForWhisper('typing', done));
    return members;
  });
  assert.deepEqual(here, [{ name: 'ann' }]);
  await ben.evaluate(async () => {
    connectEcho('ben');
    const room = echo.join('echo');
    await new Promise((done) => room.here(done));
    room.whisper('typing', { name: 'ben' });
  });
  assert.deepEqual(await ann.evaluate(() => heard('joining')), { name: 'ben' });
  assert.deepEqual(await ann.evaluate(() => heard('whisper')), { name: 'ben' });
  await api.trigger('presence-echo', 'App\\Events\\OrderShipped', { id: 7 });
  assert.deepEqual(await ann.evaluate(() => heard('event')), { id: 7 });
  await ben.evaluate(() => echo.leave('echo'));
  assert.deepEqual(await ann.evaluate(() => heard('leaving')), { name: 'ben' });
  await Promise.all([ann.close(), ben.close()]);
});

test('the origin of the page decides', limits, async () => {
  const page = await browser.open();
  const states = (key) => page.evaluate(async (key) => {
    connect('ann', key);
    await next(pusher.connection, 'state_change');
    return { states, errors };
  }, key);
  assert.deepEqual(await states('page-key'), { states: ['connected'], errors: [] });
  assert.deepEqual(await states('origin-key'), { states: ['disconnected'], errors: [4009] });
  await page.close();
});

test('messages are compressed when the server is set to', limits, async () => {
  const page = await browser.open();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  const answer = new Promise((done) => cdp.once('Network.webSocketHandshakeResponseReceived', done));
  await page.evaluate(() => {
    connect('ann');
    return subscribe('private-big');
  });
  const headers = Object.entries((await answer).response.headers).map(([name, value]) => [name.toLowerCase(), value]);
  assert.equal('sec-websocket-extensions' in Object.fromEntries(headers), JACKFIELD_COMPRESSION === 'on');
  const big = 'ä'.repeat(20_000);
  for (const n of [1, 2]) {
    assert.deepEqual(await hears(page, 'private-big', 'e', () => api.trigger('private-big', 'e', { n, big })), { n, big });
  }
  const other = await visitor('ben', 'private-big');
  const said = () => page.evaluate((big) => pusher.channel('private-big').trigger('client-big', { big }), big);
  assert.deepEqual(await hears(other, 'private-big', 'client-big', said), { big });
  await Promise.all([page.close(), other.close()]);
});

/** Runs something in a page that ends its connection; resolves with what pusher-js was told first and does then. */
const ending = (page, cause, arg) => page.evaluate(cause, arg)
  .then(() => page.evaluate(async () => ({ retry: await retry, code: errors[0] })));

for (const [key, code, retry] of [
  ['no-such-key', 4001, 'never'], ['off-key', 4003, 'never'], ['full-key', 4004, 'never'], ['origin-key', 4009, 'never'],
  ['signin-key', 4009, 'never'], ['tls-key', 4000, 'at once'],
]) {
  test(`${code} in a page (${key}): ${retry}`, limits, async () => {
    const [page, first] = [await browser.open(), await browser.open()];
    if (code === 4004) await first.evaluate(async (key) => (connect('ann', key), await next(pusher.connection, 'connected'), null), key);
    assert.deepEqual(await ending(page, (key) => connect('ann', key), key), { retry, code });
    await Promise.all([page.close(), first.close()]);
  });
}

for (const [version, code] of [['seven', 4006], ['8', 4007]]) {
  test(`${code} in a page (protocol=${version}): never`, limits, async () => {
    const page = await browser.open();
    await page.evaluate((version) => speak(version), version);
    assert.deepEqual(await ending(page, () => connect('ann')), { retry: 'never', code });
    await page.close();
  });
}

/** Has a page send two client events in an app that allows one per second. */
async function chatter(page, key) {
  await page.evaluate((key) => connect('ann', key), key);
  await page.evaluate(() => subscribe('private-room'));
  return () => [1, 2].forEach((n) => pusher.channel('private-room').trigger('client-e', { n }));
}

test('4100 in a page (over the rate, in an app that closes for it): later', limits, async () => {
  const page = await browser.open();
  assert.deepEqual(await ending(page, await chatter(page, 'strict-key')), { retry: 'later', code: 4100 });
  await page.close();
});

test('4301 and 4302 in a page end nothing', limits, async () => {
  const page = await browser.open();
  await page.evaluate(await chatter(page, 'slow-key'));
  await page.evaluate(() => subscribe('room'));
  assert.deepEqual(await page.evaluate(() => [errors, pusher.connection.state]), [[4301], 'connected']);
  await page.evaluate(() => pusher.disconnect());
  const told = await page.evaluate(async () => {
    connect('curious');
    await next(pusher.connection, 'connected');
    const error = next(pusher.connection, 'error');
    pusher.signin();
    return [(await error).data.code, pusher.connection.state];
  });
  assert.deepEqual(told, [4302, 'connected']);
  await page.close();
});

test('1003 and 1009 in a page: later', limits, async () => {
  const page = await browser.open();
  const established = () => page.evaluate(() => (connect('ann'), next(pusher.connection, 'connected')).then(() => {}));
  await established();
  assert.deepEqual(await ending(page, () => pusher.connection.connection.transport.socket.send(new Uint8Array(3))), { retry: 'later', code: 1003 });
  await page.evaluate(() => pusher.disconnect());
  await established();
  assert.deepEqual(await ending(page, () => pusher.send_event('client-e', 'x'.repeat(1 << 20), 'private-room') && undefined), { retry: 'later', code: 1009 });
  await page.close();
});

test('a page that loses its server comes back, its subscriptions with it', limits, async () => {
  const page = await visitor('ann', 'presence-back');
  await page.evaluate(() => listen('back', 'presence-back', 'pusher:subscription_succeeded'));
  await control('stop');
  await control('start');
  await page.evaluate(() => heard('back'));
  assert.equal(await page.evaluate(() => errors[0]), 4200);
  assert.deepEqual(await hears(page, 'presence-back', 'e', () => api.trigger('presence-back', 'e', { n: 1 })), { n: 1 });
});
