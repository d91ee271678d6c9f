// A status page: plain HTML that needs no script, for anyone. It names parts as people call them and never a machine.

import { html } from 'hono/html';
import { DAY_MS, DAYS, type Day, type Incident, type PartHistory } from './history.ts';

type Html = ReturnType<typeof html>;

/** The way to the style of these pages. */
export const STATUS_STYLE_PATH = '/status.css';

/** How a part is now. */
export type PartState =
  | { readonly kind: 'up' }
  | { readonly kind: 'trouble' }
  /** So many of its machines are gone. */
  | { readonly kind: 'down'; readonly down: number; readonly machines: number }
  /** Nothing is known of any machine of it. */
  | { readonly kind: 'unknown' };

export interface StatusShown {
  readonly title: string;
  readonly parts: readonly { readonly title: string; readonly state: PartState; readonly history: PartHistory }[];
  /** Whether anybody records. */
  readonly is_recorded: boolean;
  readonly now_ms: number;
}

/** A browser that stays looks again after so long. */
const AGAIN_S = 60;

/** The width of a bar and of a day in it; the page's width scales it. */
const DAY_WIDTH = 10;
const BAR_HEIGHT = 34;

export function writeStatusPage({ title, parts, is_recorded, now_ms }: StatusShown): Html {
  const states = parts.map(({ state }) => state);
  const worst = states.find(({ kind }) => kind === 'down') ?? states.find(({ kind }) => kind === 'trouble');
  const all_down = states.every((state) => state.kind === 'down' && state.down === state.machines);
  const headline =
    worst === undefined
      ? states.some(({ kind }) => kind === 'up')
        ? 'Everything works'
        : 'Nothing is known yet'
      : worst.kind === 'trouble'
        ? 'There is trouble'
        : all_down
          ? 'Everything is down'
          : 'Some of it is down';
  const kind = worst?.kind ?? (headline === 'Everything works' ? 'up' : 'unknown');
  const incidents = parts
    .flatMap(({ title: of, history }) => history.incidents.map((incident) => ({ of, ...incident })))
    .sort((a, b) => b.from_ms - a.from_ms);
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <meta http-equiv="refresh" content="${AGAIN_S}">
    <title>${headline} · ${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${STATUS_STYLE_PATH}">
  </head>
  <body>
    <main>
      <header>
        <p>${title}</p>
        <h1 class="${kind}">${shape(kind)} ${headline}</h1>
        <p class="quiet">As of <time datetime="${isoOf(now_ms)}">${timeOf(now_ms)}</time></p>
      </header>
      ${parts.map((part) => partOf(part, is_recorded, now_ms))}
      <section aria-labelledby="incidents">
        <h2 id="incidents">What happened</h2>
        ${incidents.length === 0 ? html`<p class="quiet">${is_recorded ? `Nothing in the last ${DAYS} days.` : 'What happened is not recorded here.'}</p>` : ''}
        <ol>${incidents.map((incident) => incidentOf(incident, now_ms))}</ol>
      </section>
      <footer class="quiet">Times are in UTC. Watched by Ganglion.</footer>
    </main>
  </body>
</html>
`;
}

function partOf({ title, state, history }: StatusShown['parts'][number], is_recorded: boolean, now_ms: number): Html {
  return html`
      <section class="part">
        <h2>${title}</h2>
        <p class="${state.kind}">${shape(state.kind)} ${sayState(state)}</p>
        ${is_recorded && (state.kind !== 'unknown' || history.incidents.length > 0) ? bar(history.days, now_ms) : ''}
      </section>`;
}

function bar(days: readonly Day[], now_ms: number): Html {
  const today_ms = Math.floor(now_ms / DAY_MS) * DAY_MS;
  const first_ms = today_ms - (DAYS - 1) * DAY_MS;
  const known = days.reduce((sum, { known_ms }) => sum + known_ms, 0);
  const down = days.reduce((sum, { down_ms }) => sum + down_ms, 0);
  const share = known === 0 ? undefined : `${upOf(known, down)} % up`;
  const since = days.find(({ known_ms }) => known_ms > 0)?.start_ms;
  const span = since === undefined || since <= first_ms ? `in ${DAYS} days` : `since ${dayOf(since)}`;
  const said = share === undefined ? 'Nothing is known yet' : `${share} ${span}`;
  const bad = days.filter(({ down_ms, trouble_ms }) => down_ms + trouble_ms > 0);
  return html`
        <svg viewBox="0 0 ${DAYS * DAY_WIDTH} ${BAR_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${said}">
          ${days.map((day) => {
            const x = ((day.start_ms - first_ms) / DAY_MS) * DAY_WIDTH;
            const of = kindOf(day);
            // They differ in height, too, for eyes that do not tell the colours apart.
            const height = of === 'down' ? BAR_HEIGHT : of === 'trouble' ? BAR_HEIGHT * 0.8 : BAR_HEIGHT * 0.6;
            return html`<rect class="${of}" x="${x + 1}" y="${BAR_HEIGHT - height}" width="${DAY_WIDTH - 2}" height="${height}"><title>${sayDay(day)}</title></rect>`;
          })}
        </svg>
        <p class="span quiet"><span>${dayOf(first_ms)}</span> <strong>${said}</strong> <span>Today</span></p>
        ${
          bad.length === 0
            ? ''
            : html`<details><summary>Days that were not well: ${bad.length}</summary><ul>${[...bad].reverse().map((day) => html`<li>${sayDay(day)}</li>`)}</ul></details>`
        }`;
}

function incidentOf({ of, kind, from_ms, to_ms, said }: Incident & { readonly of: string }, now_ms: number): Html {
  const word = kind === 'down' ? 'down' : 'in trouble';
  return html`
          <li>
            <p class="${kind}">${shape(kind)} <strong>${of}</strong> ${to_ms === undefined ? `is ${word}, for ${spanOf(now_ms - from_ms)} now` : `was ${word} for ${spanOf(to_ms - from_ms)}`}</p>
            <p class="quiet"><time datetime="${isoOf(from_ms)}">${timeOf(from_ms)}</time>${to_ms === undefined ? '' : html` to <time datetime="${isoOf(to_ms)}">${timeOf(to_ms)}</time>`}</p>
            ${said.map((words) => html`<blockquote>${words}</blockquote>`)}
          </li>`;
}

function kindOf({ known_ms, down_ms, trouble_ms }: Day): PartState['kind'] {
  if (known_ms === 0) return 'unknown';
  if (down_ms > 0) return 'down';
  return trouble_ms > 0 ? 'trouble' : 'up';
}

function sayDay({ start_ms, known_ms, down_ms, trouble_ms }: Day): string {
  const what =
    known_ms === 0
      ? 'nothing is known'
      : [down_ms > 0 ? `down for ${spanOf(down_ms)}` : '', trouble_ms > 0 ? `trouble for ${spanOf(trouble_ms)}` : '']
          .filter((word) => word !== '')
          .join(', ') || 'well';
  return `${dayOf(start_ms)}: ${what}`;
}

function sayState(state: PartState): string {
  switch (state.kind) {
    case 'up':
      return 'Works';
    case 'trouble':
      return 'Works, with trouble';
    case 'down':
      return state.down === state.machines ? 'Down' : `${state.down} of ${state.machines} down`;
    case 'unknown':
      return 'Nothing is known';
  }
}

/** Never 100 when anything was down, however short. */
function upOf(known_ms: number, down_ms: number): string {
  if (down_ms === 0) return '100';
  const share = (100 * (known_ms - down_ms)) / known_ms;
  return (Math.floor(share * 100) / 100).toFixed(2);
}

function shape(kind: PartState['kind']): Html {
  const drawn = {
    up: html`<circle cx="8" cy="8" r="5"/>`,
    trouble: html`<rect x="2" y="6" width="12" height="4"/>`,
    down: html`<path d="M8 2 15 14H1Z"/>`,
    unknown: html`<circle class="hollow" cx="8" cy="8" r="5"/>`,
  }[kind];
  return html`<svg class="shape" viewBox="0 0 16 16" aria-hidden="true">${drawn}</svg>`;
}

const day_of_year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const time_of_day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC',
});

const dayOf = (time_ms: number) => day_of_year.format(time_ms);
const timeOf = (time_ms: number) => time_of_day.format(time_ms);
const isoOf = (time_ms: number) => new Date(time_ms).toISOString();

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.round(ms / 1_000))} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
    : `${Math.round(hours / 24)} days`;
}

/** Their style: the ground, the ink and the shapes of the page. */
export const STATUS_STYLE = `:root {
  color-scheme: dark light;
  --ground: oklch(0.17 0.014 250);
  --hairline: oklch(0.3 0.016 250);
  --ink: oklch(0.95 0.008 240);
  --ink-2: oklch(0.77 0.014 245);
  --up: oklch(0.68 0.07 190);
  --trouble: oklch(0.83 0.13 85);
  --down: oklch(0.71 0.185 25);
}
@media (prefers-color-scheme: light) {
  :root {
    --ground: oklch(0.98 0.005 95);
    --hairline: oklch(0.875 0.01 95);
    --ink: oklch(0.24 0.02 255);
    --ink-2: oklch(0.42 0.02 255);
    --up: oklch(0.53 0.085 195);
    --trouble: oklch(0.64 0.14 72);
    --down: oklch(0.51 0.195 26);
  }
}
*, *::before, *::after { box-sizing: border-box; margin: 0; padding: 0; }
html { font-size: clamp(15px, 12px + 0.28vw, 22px); background: var(--ground); text-size-adjust: 100%; }
body {
  min-width: 20rem;
  padding: clamp(1.5rem, 5vw, 5rem) clamp(1rem, 4vw, 4rem);
  font: 400 1rem / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  color: var(--ink);
}
main { display: grid; gap: 2.5rem; max-width: 56rem; margin-inline: auto; }
h1 { font-size: clamp(1.75rem, 1.1rem + 2.6vw, 3rem); font-weight: 400; line-height: 1.2; letter-spacing: -0.02em; }
h2 { font-size: 1rem; font-weight: 600; }
ol, ul { list-style: none; }
.quiet { font-size: 0.875rem; color: var(--ink-2); }
.shape { width: 0.72em; height: 0.72em; margin-right: 0.2em; overflow: visible; fill: var(--ink-2); }
.up .shape { fill: var(--up); }
.trouble .shape { fill: var(--trouble); }
.down .shape { fill: var(--down); }
.hollow { fill: none; stroke: var(--ink-2); stroke-width: 2; }
.part { display: grid; grid-template-columns: 1fr auto; gap: 0.25rem 1rem; padding-top: 1rem; border-top: 1px solid var(--hairline); }
.part > svg[role] { grid-column: 1 / -1; width: 100%; height: 2.125rem; margin-top: 0.5rem; }
.part > .span, .part > details { grid-column: 1 / -1; }
.span { display: flex; justify-content: space-between; gap: 1rem; }
.span strong { font-weight: 400; color: var(--ink); }
rect.up { fill: var(--up); }
rect.trouble { fill: var(--trouble); }
rect.down { fill: var(--down); }
rect.unknown { fill: var(--hairline); }
details { font-size: 0.875rem; color: var(--ink-2); }
summary { cursor: pointer; min-height: 1.75rem; }
section[aria-labelledby] li { padding-block: 0.75rem; border-bottom: 1px solid var(--hairline); }
section[aria-labelledby] strong { font-weight: 600; }
blockquote { margin-top: 0.35rem; padding-left: 0.75rem; border-left: 2px solid var(--hairline); white-space: pre-line; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 3px; border-radius: 0.375rem; }
`;
