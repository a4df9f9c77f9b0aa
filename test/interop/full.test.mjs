import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { client, closeAll, codes, connected, next, retries } from './clients.mjs';

after(closeAll);

test('4100 (the node is full): after a while, and then there is room', { timeout: 60_000 }, async () => {
  const first = await connected(client());
  const second = client();
  const [seen, retry] = [codes(second), retries(second)];
  assert.equal(await retry, 'later');
  assert.deepEqual(seen, [4100]);
  const back = next(second.connection, 'connected');
  first.disconnect();
  await back;
});
