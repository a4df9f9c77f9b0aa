import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { api, client, closeAll, collect, connected, next, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };

/** A client that has signed in with this user data. */
async function signedIn(userData) {
  const pusher = client(undefined, {
    userAuthentication: {
      customHandler: ({ socketId }, callback) => callback(null, api.authenticateUser(socketId, userData)),
    },
  });
  const done = next(pusher.connection, 'message').then(() => {});
  pusher.signin();
  await pusher.user.signinDonePromise;
  await done.catch(() => {});
  assert.equal(pusher.user.user_data?.id, userData.id);
  return pusher;
}

test('a user receives events on every connection', limits, async () => {
  const [one, two, other] = await Promise.all([signedIn({ id: 'ann' }), signedIn({ id: 'ann' }), signedIn({ id: 'ben' })]);
  const seen = [];
  other.user.bind('greeting', (data) => seen.push(data));
  const arrived = Promise.all([next(one.user, 'greeting'), next(two.user, 'greeting')]);
  assert.equal((await api.sendToUser('ann', 'greeting', { hello: 'ann' })).status, 200);
  assert.deepEqual(await arrived, [{ hello: 'ann' }, { hello: 'ann' }]);
  const last = next(other.user, 'greeting');
  await api.sendToUser('ben', 'greeting', { hello: 'ben' });
  await last;
  assert.deepEqual(seen, [{ hello: 'ben' }]);
});

test('a back end that signs in nobody is told why', limits, async () => {
  const pusher = client(undefined, {
    userAuthentication: {
      customHandler: (_, callback) => callback(null, { auth: 'app-key:00', user_data: '{"id":"ann"}' }),
    },
  });
  const failed = next(pusher.connection, 'error');
  pusher.signin();
  assert.equal((await failed).data.code, 4009);
  assert.equal(pusher.connection.state, 'connected');
});

test('presence without channel data is presence as the signed-in user', limits, async () => {
  const pusher = await signedIn({ id: 'cat', user_info: { name: 'Cat' } });
  pusher.config.channelAuthorizer = ({ socketId, channelName }, callback) =>
    callback(null, api.authorizeChannel(socketId, channelName));
  const channel = await subscribed(pusher, 'presence-signed-in');
  assert.equal(channel.members.me.id, 'cat');
  assert.deepEqual(channel.members.me.info, { name: 'Cat' });
});

test('watchlists tell who is online', limits, async () => {
  const dan = await signedIn({ id: 'dan' });
  const pusher = client(undefined, {
    userAuthentication: {
      customHandler: ({ socketId }, callback) =>
        callback(null, api.authenticateUser(socketId, { id: 'eve', watchlist: ['dan', 'fay'] })),
    },
  });
  const online = next(pusher.user.watchlist, 'online');
  const offline = next(pusher.user.watchlist, 'offline');
  pusher.signin();
  assert.deepEqual((await online).user_ids, ['dan']);
  assert.deepEqual((await offline).user_ids, ['fay']);

  const came = next(pusher.user.watchlist, 'online');
  await signedIn({ id: 'fay' });
  assert.deepEqual((await came).user_ids, ['fay']);
  const went = next(pusher.user.watchlist, 'offline');
  dan.disconnect();
  assert.deepEqual((await went).user_ids, ['dan']);
});

test('a terminated user does not come back', limits, async () => {
  const [pusher, bystander] = await Promise.all([signedIn({ id: 'gus' }), signedIn({ id: 'hal' })]);
  const states = [];
  pusher.connection.bind('state_change', ({ current }) => states.push(current));
  const failed = next(pusher.connection, 'error');
  await api.terminateUserConnections('gus');
  assert.equal((await failed).data.code, 4009);
  if (pusher.connection.state !== 'disconnected') await next(pusher.connection, 'disconnected');
  assert.deepEqual(states, ['disconnected']);
  assert.equal(bystander.connection.state, 'connected');
});

test('subscribers are told how many they are', limits, async () => {
  const first = await connected(client());
  const channel = first.subscribe('counted-by-clients');
  const counts = collect(channel, 'pusher:subscription_count');
  await next(channel, 'pusher:subscription_count');
  const two = next(channel, 'pusher:subscription_count');
  const second = client();
  await subscribed(second, 'counted-by-clients');
  await two;
  assert.equal(channel.subscriptionCount, 2);
  const one = next(channel, 'pusher:subscription_count');
  second.disconnect();
  await one;
  assert.deepEqual(counts.map((count) => count.subscription_count), [1, 2, 1]);
});
