// What those see who are not in: plain forms that need no script, in the colours of the page.

import { html } from 'hono/html';

type Html = ReturnType<typeof html>;

/** One fibre of the mark, as on the page. */
const FIBRE = 'M16 2C10 7.4 10 18.2 19.8 22.5';
const TURNS = [0, 120, 240];

/** The way to the style of these pages; the policy lets no style stand in them. */
export const LOGIN_STYLE_PATH = '/login.css';

/** Why somebody is asked to log in. Never says whether a user exists. */
export type LoginNote = 'wrong' | 'early' | 'busy' | 'ended' | 'link' | undefined;

const NOTES: Readonly<Record<Exclude<LoginNote, undefined>, string>> = {
  wrong: 'That name and password do not belong together.',
  early: 'There were too many attempts.',
  busy: 'Too many people are logging in right now. Please try again in a moment.',
  ended: 'Your session has ended. Please log in again.',
  link: 'This link does not show anything any more. Ask whoever gave it to you for another.',
};

/** The form to log in with. `wait_s`: the next attempt counts only after so many seconds. */
export function loginPage(note: LoginNote, wait_s = 0): Html {
  const wait = wait_s > 0 ? ` The next one counts ${inWords(wait_s)} from now.` : '';
  return frame(
    'Log in',
    html`
    <form method="post" action="/login">
      ${note === undefined ? '' : html`<p class="note" role="alert">${NOTES[note]}${wait}</p>`}
      <label for="name">Name</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="64" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required>
      <button>Log in</button>
    </form>`,
  );
}

/** The form to log out with. */
export function logoutPage(who: string, role: string): Html {
  return frame(
    'Log out',
    html`
    <form method="post" action="/logout">
      <p>You are in as <strong>${who}</strong>, ${role}.</p>
      <button>Log out</button>
      <p class="aside"><a href="/">Back to the machines</a></p>
    </form>`,
  );
}

/**
 * A page that goes on to `path` at once. A browser sends our cookie only with what a page of ours asks for, so whoever comes
 * from another site, with a link in a mail for instance, is led through a page of ours first.
 */
export function onwardPage(path: string): Html {
  return frame('One moment', html`<p><a href="${path}">On to the machines</a></p>`, path);
}

function frame(title: string, content: Html, onward?: string): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0c1117">
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f8f7f4">
    <meta name="robots" content="noindex">
    ${onward === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${onward}">`}
    <title>${title} · Ganglion</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${LOGIN_STYLE_PATH}">
  </head>
  <body>
    <main>
      <header>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          ${TURNS.map((turn) => html`<path d="${FIBRE}" transform="rotate(${turn} 16 16)"/>`)}
        </svg>
        <h1>Ganglion</h1>
      </header>
      ${content}
    </main>
  </body>
</html>
`;
}

function inWords(seconds: number): string {
  return seconds < 60 ? `${seconds} ${seconds === 1 ? 'second' : 'seconds'}` : 'a minute';
}

/** Their style: the ground, the ink and the type of the page. */
export const LOGIN_STYLE = `:root {
  color-scheme: dark light;
  --ground: oklch(0.17 0.014 250);
  --raised: oklch(0.215 0.016 250);
  --hairline: oklch(0.3 0.016 250);
  --edge: oklch(0.52 0.018 250);
  --ink: oklch(0.95 0.008 240);
  --ink-2: oklch(0.77 0.014 245);
  --mark: oklch(0.68 0.07 190);
  --note: oklch(0.83 0.13 85);
}
@media (prefers-color-scheme: light) {
  :root {
    --ground: oklch(0.98 0.005 95);
    --raised: oklch(0.955 0.007 95);
    --hairline: oklch(0.875 0.01 95);
    --edge: oklch(0.6 0.015 250);
    --ink: oklch(0.24 0.02 255);
    --ink-2: oklch(0.42 0.02 255);
    --mark: oklch(0.53 0.085 195);
    --note: oklch(0.64 0.14 72);
  }
}
*, *::before, *::after { box-sizing: border-box; margin: 0; }
html { font-size: clamp(15px, 12px + 0.28vw, 24px); background: var(--ground); text-size-adjust: 100%; }
body {
  display: grid;
  place-items: center;
  min-width: 20rem;
  min-height: 100dvh;
  padding: 2rem clamp(1rem, 3.2vw, 4rem);
  font: 400 0.9375rem / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  color: var(--ink);
}
main { width: min(100%, 20rem); }
header { display: flex; align-items: center; gap: 0.75rem; margin-bottom: 2rem; }
svg { width: 2rem; height: 2rem; fill: none; stroke: var(--mark); stroke-width: 2.8; stroke-linecap: round; }
h1 { font: inherit; font-weight: 600; }
form { display: grid; gap: 0.5rem; }
label { color: var(--ink-2); }
input, button { width: 100%; min-height: 3rem; padding: 0.5rem 0.75rem; border-radius: 0.375rem; font: inherit; color: inherit; }
input { margin-bottom: 1rem; border: 1px solid var(--edge); background: var(--raised); }
button { margin-top: 0.5rem; border: 1px solid var(--ink); background: var(--ink); color: var(--ground); font-weight: 600; cursor: pointer; }
.note { margin-bottom: 1rem; padding-left: 0.75rem; border-left: 3px solid var(--note); }
.aside { margin-top: 1rem; color: var(--ink-2); }
strong { font-weight: 600; overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 3px; border-radius: 0.375rem; }
`;
