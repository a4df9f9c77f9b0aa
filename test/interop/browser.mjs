// A headless Chromium, and pages that this process serves to it: nothing comes
// from elsewhere. The pages' back end authorises whoever is named in the query.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { app, backEnd, sealed, secure } from './clients.mjs';

const executablePath = '/usr/bin/chromium-headless-shell';
const asset = (path) => readFileSync(new URL(`./node_modules/${path}`, import.meta.url));
const assets = {
  '/pusher.js': asset('pusher-js/dist/web/pusher-with-encryption.js'),
  '/echo.js': asset('laravel-echo/dist/echo.iife.js'),
  '/page.js': readFileSync(new URL('./page.js', import.meta.url)),
};
const html = '<!doctype html><meta charset=utf-8>' + Object.keys(assets).map((path) => `<script src="${path}"></script>`).join('');

/** Whom users watch; curious is more than the server allows. */
const watchlists = { curious: Array.from({ length: 101 }, (_, i) => `u${i}`) };

/** Starts the browser and the web server; call close at the end. */
export async function launch() {
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is not installed: run "make deps"`);
  const site = createServer(serve);
  await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${site.address().port}`;
  const chrome = await chromium.launch({ executablePath, args: ['--no-sandbox', ...(secure ? ['--ignore-certificate-errors'] : [])] });
  return {
    origin,
    open: () => open(chrome, origin),
    close: async () => {
      await chrome.close();
      site.closeAllConnections();
      await new Promise((closed) => site.close(closed));
    },
  };
}

/** Opens a page; page.frames are the texts that came over its WebSockets, page.strays what it wanted from elsewhere. */
async function open(chrome, origin) {
  const page = await chrome.newPage();
  page.heard = [];
  page.strays = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => page.heard.push(payload)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) page.strays.push(request.url());
  });
  await page.goto(origin);
  await page.evaluate((settings) => Object.assign(window.settings, settings), {
    key: app.key, port: Number(process.env.JACKFIELD_PORT), secure,
  });
  return page;
}

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  if (assets[pathname]) {
    response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(assets[pathname]);
  } else if (request.method === 'POST') {
    const form = new URLSearchParams(await body(request));
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(vouch(pathname, form, searchParams)));
  } else {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
  }
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

/** What the back end answers to pusher-js and laravel-echo; the key NAME-key is that of the app NAME. */
function vouch(pathname, form, query) {
  const [user, key] = [query.get('user'), query.get('key')];
  const by = key === app.key ? sealed : backEnd({ id: key.replace('-key', ''), key, secret: 's' });
  if (pathname === '/user-auth') return by.authenticateUser(form.get('socket_id'), { id: user, watchlist: watchlists[user] });
  const channel = form.get('channel_name');
  const member = channel.startsWith('presence-') ? { user_id: user, user_info: { name: user } } : undefined;
  return by.authorizeChannel(form.get('socket_id'), channel, member);
}
