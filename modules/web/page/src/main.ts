// Starts the page: opens the line to where the page came from and shows what arrives.

import { mount } from 'svelte';
import App from './App.svelte';
import { Line } from './live/line.ts';
import './style/tokens.css';
import './style/page.css';
import { Keys } from './keys.ts';
import { Router } from './router.svelte.ts';
import { Station } from './station.svelte.ts';
import { Theme } from './theme.svelte.ts';

const router = new Router();
const theme = new Theme(router.query.get('theme'));
const station = new Station(router, new Keys(), (text) => line.send(text));
// For who scripts the page, and for the benchmark.
Object.assign(window, { ganglion: station });
const url = new URL('/ws', location.href);
url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

const line = new Line(url.href, {
  onFrame: (frame, arrived_ms) => station.take(frame, arrived_ms),
  onState: (state) => {
    station.line = state;
  },
  // Loaded again, the page is the form to log in.
  onShut: async (ended) => {
    if (ended || (await mustLogIn())) location.reload();
  },
});

/** Whether the server is there and asks for a login. */
async function mustLogIn(): Promise<boolean> {
  try {
    return (await fetch('/', { method: 'HEAD', cache: 'no-store' })).status === 401;
  } catch {
    return false;
  }
}

addEventListener('online', () => line.tryNow());
document.addEventListener('visibilitychange', () => {
  station.reschedule();
  if (!document.hidden) line.tryNow();
});

// Whoever logs out leaves: nothing more is to be told here, least of all that the login has ended.
addEventListener('submit', ({ defaultPrevented }) => {
  if (!defaultPrevented) line.stop();
});
// What the browser kept aside when somebody left is from then, and may not be theirs any more.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

declare global {
  /** For who scripts the page in the console, and for the benchmark. */
  var ganglion: Station | undefined;
}
globalThis.ganglion = station;

mount(App, { target: document.body, props: { station, theme } });
line.start();
