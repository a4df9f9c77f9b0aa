// Everything below a path, as behind a proxy that shares a host.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { app, backEnd, client, closeAll, next, subscribed } from './clients.mjs';

after(closeAll);
const limits = { timeout: 20_000 };

/** A back end whose SDK is told of the path, so that it signs it too. */
function told() {
  const server = backEnd(app);
  const { prefixPath } = server.config;
  server.config.prefixPath = (path) => `/ws${prefixPath.call(server.config, path)}`;
  return server;
}

/** A back end that signs plain paths; the path is added on the way. */
function untold() {
  const server = backEnd(app);
  const { getBaseURL } = server.config;
  server.config.getBaseURL = (...args) => `${getBaseURL.apply(server.config, args)}/ws`;
  return server;
}

for (const [name, server] of [['signed', told()], ['added on the way', untold()], ['left out', backEnd(app)]]) {
  test(`a path before the API: ${name}`, limits, async () => {
    const channel = await subscribed(client(undefined, { wsPath: '/ws' }), 'room');
    const arrived = next(channel, 'e');
    await server.trigger('room', 'e', { name });
    assert.deepEqual(await arrived, { name });
    const response = await server.get({ path: '/channels', params: { filter_by_prefix: 'room' } });
    assert.deepEqual(await response.json(), { channels: { room: {} } });
  });
}
