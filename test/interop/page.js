// What the pages of the browser tests offer to the tests; runs in the page.
window.settings = {};

/** A pusher-js client whose back end vouches for user; window.retry is when it plans to come back, once its connection ends. */
window.connect = (user, key = settings.key, more = {}) => {
  const query = `user=${user}&key=${key}`;
  window.pusher = new Pusher(key, {
    wsHost: '127.0.0.1', wsPort: settings.port, wssPort: settings.port, forceTLS: settings.secure,
    enabledTransports: ['ws'], disableStats: true, cluster: '',
    channelAuthorization: { endpoint: `/auth?${query}`, transport: 'ajax' },
    userAuthentication: { endpoint: `/user-auth?${query}`, transport: 'ajax' },
    ...more,
  });
  window.states = [];
  window.errors = [];
  pusher.connection.bind('state_change', ({ current }) => states.push(current));
  pusher.connection.bind('error', (error) => errors.push((error.error ?? error).data?.code));
  const plan = pusher.connection.retryIn;
  window.retry = new Promise((resolve) => {
    pusher.connection.bind('disconnected', () => resolve('never'));
    pusher.connection.retryIn = function (delay) {
      resolve(delay > 0 ? 'later' : 'at once');
      plan.call(this, delay);
    };
  });
};

/** Has clients ask for another version of the protocol than pusher-js's own. */
window.speak = (version) => {
  const { createWebSocket } = Pusher.Runtime;
  Pusher.Runtime.createWebSocket = function (url) {
    return createWebSocket.call(this, url.replace('protocol=7', `protocol=${version}`));
  };
};

/** A laravel-echo client on top of connect's. */
window.connectEcho = (user) => {
  connect(user);
  window.echo = new Echo.default({ broadcaster: 'pusher', key: settings.key, cluster: '', client: pusher });
};

/** Subscribes and resolves, once the server has agreed, with the members if there are any. */
window.subscribe = async (name) => {
  const channel = pusher.subscribe(name);
  if (!channel.subscribed) await next(channel, 'pusher:subscription_succeeded');
  return channel.members ? Object.keys(channel.members.members).sort() : null;
};

/** Resolves with the data of the next event of this name. */
window.next = (emitter, event) => new Promise((resolve) => {
  const handler = (data) => {
    emitter.unbind(event, handler);
    resolve(data);
  };
  emitter.bind(event, handler);
});

/** Begins to listen; heard(label) resolves with what came. A page can be told to listen before the event is caused. */
window.waiting = {};
window.listen = (label, channel, event) => {
  waiting[label] = next(pusher.channel(channel), event);
};
window.heard = (label) => waiting[label];
