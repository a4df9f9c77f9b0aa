// The three clients, set up for the server under test.
import Pusher from 'pusher-js';
import PusherServer from 'pusher';
import Echo from 'laravel-echo';
import WebSocket from 'ws';

const { JACKFIELD_PORT, JACKFIELD_CONTROL, JACKFIELD_COMPRESSION, JACKFIELD_TLS } = process.env;
const port = Number(JACKFIELD_PORT);

/** Whether the server compresses; then pusher-js speaks through ws, which offers it, and not through its own WebSocket. */
export const compresses = JACKFIELD_COMPRESSION === 'on';
if (compresses) Pusher.Runtime.getWebSocketAPI = () => WebSocket;

/** Whether the server speaks TLS, with a certificate that nobody vouches for. */
export const secure = JACKFIELD_TLS === 'on';
if (secure) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

export const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };

/** The back end of an app; more overrides its options. */
export const backEnd = ({ id, key, secret }, more = {}) =>
  new PusherServer({ appId: id, key, secret, host: '127.0.0.1', port, useTLS: secure, ...more });

export const api = backEnd(app);

/** The back end of encrypted channels. */
export const sealed = backEnd(app, { encryptionMasterKeyBase64: Buffer.alloc(32, 7).toString('base64') });

/** A back end's authorisation endpoint for one user, without the HTTP round trip. */
export const authorizes = (user, by = api) => ({
  customHandler: ({ socketId, channelName }, callback) => callback(null, by.authorizeChannel(socketId, channelName, user)),
});

/** Options of pusher-js; channels are authorised as user. */
const options = (user) => ({
  wsHost: '127.0.0.1',
  wsPort: port,
  wssPort: port,
  forceTLS: secure,
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

/** The codes of all errors that a client is told. */
export function codes(pusher) {
  const seen = [];
  pusher.connection.bind('error', (error) => seen.push((error.error ?? error).data?.code));
  return seen;
}

/** Resolves with when the client, once its connection ends, plans to come back. */
export function retries({ connection }) {
  const plan = connection.retryIn;
  return new Promise((resolve) => {
    connection.bind('disconnected', () => resolve('never'));
    connection.retryIn = function (delay) {
      resolve(delay > 0 ? 'later' : 'at once');
      plan.call(this, delay);
    };
  });
}

/** Runs make, whose client asks for another version of the protocol than pusher-js's own. */
export function speaking(version, make) {
  const { createWebSocket } = Pusher.Runtime;
  Pusher.Runtime.createWebSocket = function (url) {
    return createWebSocket.call(this, url.replace('protocol=7', `protocol=${version}`));
  };
  try {
    return make();
  } finally {
    Pusher.Runtime.createWebSocket = createWebSocket;
  }
}

/** The WebSocket below a connected client. */
export const socketOf = (pusher) => pusher.connection.connection.transport.socket;

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
