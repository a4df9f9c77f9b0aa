// What pusher-js does when it is refused or closed with each code: it comes back
// at once, after a while, or never.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, authorizes, backEnd, client, closeAll, codes, connected, control, next, retries, socketOf, speaking, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 60_000 };

for (const [key, code, why] of [
  ['no-such-key', 4001, 'unknown'],
  ['off-key', 4003, 'disabled'],
  ['origin-key', 4009, 'wrong origin'],
]) {
  test(`${code} (${why}): never`, limits, async () => {
    const pusher = client(undefined, {}, key);
    const [seen, retry] = [codes(pusher), retries(pusher)];
    assert.equal(await retry, 'never');
    assert.deepEqual(seen, [code]);
  });
}

/** Resolves when the app that was taken away is there again. */
async function restored() {
  const leaving = backEnd({ id: 'leaving', key: 'leaving-key', secret: 's' });
  while (await leaving.get({ path: '/channels' }).catch(() => null) === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const [action, code] of [['disable', 4003], ['delete', 4001]]) {
  test(`${code} (an app is taken away: ${action}): never`, limits, async () => {
    const pusher = await connected(client(undefined, {}, 'leaving-key'));
    const [seen, retry] = [codes(pusher), retries(pusher)];
    await control(action);
    assert.equal(await retry, 'never');
    assert.equal(seen[0], code);
    await control('restore');
    await restored();
  });
}

test('4004 (over quota): never', limits, async () => {
  await connected(client(undefined, {}, 'full-key'));
  const pusher = client(undefined, {}, 'full-key');
  const [seen, retry] = [codes(pusher), retries(pusher)];
  assert.equal(await retry, 'never');
  assert.deepEqual(seen, [4004]);
});

for (const [version, code] of [['seven', 4006], ['8', 4007]]) {
  test(`${code} (protocol=${version}): never`, limits, async () => {
    const pusher = speaking(version, () => client());
    const [seen, retry] = [codes(pusher), retries(pusher)];
    assert.equal(await retry, 'never');
    assert.deepEqual(seen, [code]);
  });
}

test('4000 (TLS only): at once, over TLS', limits, async () => {
  const pusher = client(undefined, {}, 'tls-key');
  const [seen, retry] = [codes(pusher), retries(pusher)];
  assert.equal(await retry, 'at once');
  assert.deepEqual(seen, [4000]);
  assert.equal(pusher.connection.usingTLS, true);
});

test('4009 after a while (nobody vouched): never', limits, async () => {
  const pusher = await connected(client(undefined, {}, 'signin-key'));
  const [seen, retry] = [codes(pusher), retries(pusher)];
  assert.equal(await retry, 'never');
  assert.equal(seen[0], 4009);
});

test('4100 (over the rate, in an app that closes for it): after a while', limits, async () => {
  const strict = { id: 'strict', key: 'strict-key', secret: 's' };
  const pusher = client(undefined, { channelAuthorization: authorizes(undefined, backEnd(strict)) }, strict.key);
  const channel = await subscribed(pusher, 'private-room');
  const [seen, retry] = [codes(pusher), retries(pusher)];
  channel.trigger('client-e', {});
  channel.trigger('client-e', {});
  assert.equal(await retry, 'later');
  assert.equal(seen[0], 4100);
  await next(pusher.connection, 'connected');
});

test('1003 (binary): after a while', limits, async () => {
  const pusher = await connected(client());
  const [seen, retry] = [codes(pusher), retries(pusher)];
  socketOf(pusher).send(Buffer.from('{"event":"pusher:ping","data":{}}'));
  assert.equal(await retry, 'later');
  assert.equal(seen[0], 1003);
  await next(pusher.connection, 'connected');
});

test('1009 (a message over the limit): after a while', limits, async () => {
  const pusher = await connected(client());
  const [seen, retry] = [codes(pusher), retries(pusher)];
  pusher.send_event('client-e', 'x'.repeat(1 << 20), 'private-room');
  assert.equal(await retry, 'later');
  assert.deepEqual(seen, [1009]);
  await next(pusher.connection, 'connected');
});

test('4301 (over the rate of client events) ends nothing', limits, async () => {
  const slow = { id: 'slow', key: 'slow-key', secret: 's' };
  const pusher = client(undefined, { channelAuthorization: authorizes(undefined, backEnd(slow)) }, slow.key);
  const channel = await subscribed(pusher, 'private-room');
  const seen = codes(pusher);
  channel.trigger('client-e', {});
  channel.trigger('client-e', {});
  await subscribed(pusher, 'room');
  assert.deepEqual(seen, [4301]);
  assert.equal(pusher.connection.state, 'connected');
});

test('4302 (a long watchlist) and errors without a code end nothing', limits, async () => {
  const pusher = client(undefined, {
    userAuthentication: {
      customHandler: ({ socketId }, callback) =>
        callback(null, api.authenticateUser(socketId, { id: 'ann', watchlist: Array.from({ length: 101 }, (_, i) => `u${i}`) })),
    },
  });
  await connected(pusher);
  const failed = next(pusher.connection, 'error');
  pusher.signin();
  assert.equal((await failed).data.code, 4302);
  const rejected = next(pusher.connection, 'error');
  pusher.send_event('client-e', {}, 'private-nowhere');
  assert.equal((await rejected).data.code, null);
  assert.equal(pusher.connection.state, 'connected');
});

test('4200 (the server stops): at once', limits, async () => {
  const pusher = await connected(client());
  const [seen, retry] = [codes(pusher), retries(pusher)];
  await control('stop');
  assert.equal(await retry, 'at once');
  assert.equal(seen[0], 4200);
  await control('start');
  await connected(pusher);
});
