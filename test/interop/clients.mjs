// The three clients, set up for the server under test.
import Pusher from 'pusher-js';
import PusherServer from 'pusher';
import Echo from 'laravel-echo';

const { JACKFIELD_PORT, JACKFIELD_CONTROL } = process.env;
const port = Number(JACKFIELD_PORT);

export const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };

/** The back end. */
export const api = new PusherServer({
  appId: app.id, key: app.key, secret: app.secret, host: '127.0.0.1', port, useTLS: false,
});

/** A back end's authorisation endpoint for one user, without the HTTP round trip. */
export const authorizes = (user) => ({
  customHandler: ({ socketId, channelName }, callback) =>
    callback(null, api.authorizeChannel(socketId, channelName, user)),
});

/** Options of pusher-js; channels are authorised as user. */
const options = (user) => ({
  wsHost: '127.0.0.1',
  wsPort: port,
  forceTLS: false,
  enabledTransports: ['ws'],
  cluster: '',
  channelAuthorization: authorizes(user),
});

const open = new Set();

/** A pusher-js client; more overrides its options. */
export function client(user, more = {}, key = app.key) {
  const pusher = new Pusher(key, { ...options(user), ...more });
  open.add(pusher);
  return pusher;
}

/** A laravel-echo client on top of pusher-js. */
export function echo(user) {
  return new Echo({ broadcaster: 'pusher', key: app.key, cluster: '', client: client(user) });
}

/** Ends all clients, so that Node can exit. */
export function closeAll() {
  for (const pusher of open) pusher.disconnect();
  open.clear();
}

/** Resolves with the data of the next event of this name on a channel or connection. */
export const next = async (emitter, event) => (await nextWithMetadata(emitter, event)).data;

/** Resolves with data and metadata (who sent a client event). */
export function nextWithMetadata(emitter, event) {
  return new Promise((resolve) => {
    const handler = (data, metadata) => {
      emitter.unbind(event, handler);
      resolve({ data, metadata });
    };
    emitter.bind(event, handler);
  });
}

/** Resolves when the client is connected. */
export async function connected(pusher) {
  if (pusher.connection.state !== 'connected') await next(pusher.connection, 'connected');
  return pusher;
}

/** Subscribes and resolves with the channel once the server has agreed. */
export async function subscribed(pusher, name) {
  const channel = pusher.subscribe(name);
  if (!channel.subscribed) await next(channel, 'pusher:subscription_succeeded');
  return channel;
}

/** Collects the data of all events of a name. */
export function collect(channel, event) {
  const seen = [];
  channel.bind(event, (data) => seen.push(data));
  return seen;
}

/** Asks whoever started the server to "stop", "kill" or "start" it. */
export async function control(action) {
  const response = await fetch(`${JACKFIELD_CONTROL}/${action}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
}

/** The JSON of a query of the HTTP API. */
export async function query(path, params = {}) {
  const response = await api.get({ path, params });
  return response.json();
}
