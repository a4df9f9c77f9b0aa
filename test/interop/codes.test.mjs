// What pusher-js does when it is refused or closed with each code.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, client, closeAll, connected, next } from './clients.mjs';

after(closeAll);
const limits = { timeout: 30_000 };

/** Connects to an app that refuses, and resolves with the code. */
async function refusal(pusher) {
  const error = await next(pusher.connection, 'error');
  return (error.error ?? error).data?.code;
}

/** Resolves when the client has given up. */
async function gaveUp(pusher) {
  if (pusher.connection.state !== 'disconnected') await next(pusher.connection, 'disconnected');
  assert.equal(pusher.connection.retryTimer ?? null, null, 'a retry is planned');
}

for (const [key, code, why] of [
  ['no-such-key', 4001, 'unknown'],
  ['off-key', 4003, 'disabled'],
  ['origin-key', 4009, 'wrong origin'],
]) {
  test(`${code} (${why}): gives up`, limits, async () => {
    const pusher = client(undefined, {}, key);
    assert.equal(await refusal(pusher), code);
    await gaveUp(pusher);
  });
}

test('4004 (over quota): gives up', limits, async () => {
  await connected(client(undefined, {}, 'full-key'));
  const pusher = client(undefined, {}, 'full-key');
  assert.equal(await refusal(pusher), 4004);
  await gaveUp(pusher);
});

test('4000 (TLS only): tries again over TLS', limits, async () => {
  const pusher = client(undefined, {}, 'tls-key');
  assert.equal(await refusal(pusher), 4000);
  assert.equal(pusher.connection.usingTLS, true);
});

test('4009 after a while (nobody vouched): gives up', limits, async () => {
  const pusher = await connected(client(undefined, {}, 'signin-key'));
  assert.equal(await refusal(pusher), 4009);
  await gaveUp(pusher);
});

test('4301 and 4302 end nothing', limits, async () => {
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
