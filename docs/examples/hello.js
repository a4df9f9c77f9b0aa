// In Node (after: npm install pusher-js pusher): subscribes and publishes.
const Pusher = require('pusher-js');
const PusherServer = require('pusher');

const client = new Pusher('app-key', {
  wsHost: '127.0.0.1', wsPort: 6001, forceTLS: false, enabledTransports: ['ws'], cluster: '',
});
const backend = new PusherServer({
  appId: 'app-id', key: 'app-key', secret: 'app-secret', host: '127.0.0.1', port: 6001, useTLS: false,
});

const channel = client.subscribe('my-channel');
channel.bind('my-event', (data) => console.log('received', data));
channel.bind('pusher:subscription_succeeded', () => backend.trigger('my-channel', 'my-event', { hello: 'world' }));
