import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { client, closeAll, next, nextWithMetadata, query, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };
const ann = { user_id: 'ann', user_info: { name: 'Ann' } };
const ben = { user_id: 'ben', user_info: { name: 'Ben' } };

test('members see each other come and go', limits, async () => {
  const channel = await subscribed(client(ann), 'presence-room');
  assert.equal(channel.members.count, 1);
  assert.deepEqual(channel.members.me, { id: 'ann', info: { name: 'Ann' } });

  const joined = next(channel, 'pusher:member_added');
  const visitor = client(ben);
  const theirs = await subscribed(visitor, 'presence-room');
  assert.deepEqual(await joined, { id: 'ben', info: { name: 'Ben' } });
  assert.equal(theirs.members.count, 2);
  assert.deepEqual(theirs.members.get('ann'), { id: 'ann', info: { name: 'Ann' } });

  const left = next(channel, 'pusher:member_removed');
  visitor.disconnect();
  assert.deepEqual(await left, { id: 'ben', info: { name: 'Ben' } });
  assert.equal(channel.members.count, 1);
});

test('a second tab is not a second member', limits, async () => {
  const watcher = await subscribed(client(ann), 'presence-tabs');
  const events = [];
  watcher.bind('pusher:member_added', (member) => events.push(`+${member.id}`));
  watcher.bind('pusher:member_removed', (member) => events.push(`-${member.id}`));

  const [first, second] = [client(ben), client(ben)];
  await subscribed(first, 'presence-tabs');
  const channel = await subscribed(second, 'presence-tabs');
  assert.equal(channel.members.count, 2);
  first.unsubscribe('presence-tabs');
  const gone = next(watcher, 'pusher:member_removed');
  second.disconnect();
  await gone;
  assert.deepEqual(events, ['+ben', '-ben']);
});

test('client events say who sent them', limits, async () => {
  const [here, there] = await Promise.all([
    subscribed(client(ann), 'presence-chat'),
    subscribed(client(ben), 'presence-chat'),
  ]);
  const arrived = nextWithMetadata(there, 'client-typing');
  here.trigger('client-typing', { at: 1 });
  const { data, metadata } = await arrived;
  assert.deepEqual(data, { at: 1 });
  assert.equal(metadata.user_id, 'ann');
});

test('the back end can ask who is there', limits, async () => {
  await Promise.all([subscribed(client(ann), 'presence-asked'), subscribed(client(ben), 'presence-asked')]);
  const { users } = await query('/channels/presence-asked/users');
  assert.deepEqual(users.map((user) => user.id).sort(), ['ann', 'ben']);
  assert.deepEqual(await query('/channels', { filter_by_prefix: 'presence-asked', info: 'user_count' }), {
    channels: { 'presence-asked': { user_count: 2 } },
  });
});

test('numeric user ids become text', limits, async () => {
  const channel = await subscribed(client({ user_id: 10 }), 'presence-numbers');
  assert.deepEqual(channel.members.get('10'), { id: '10', info: {} });
  assert.deepEqual(await query('/channels/presence-numbers/users'), { users: [{ id: '10' }] });
});
