// npm run screenshots: the pictures in the papers, taken of the real page. The fleets are simulated, with a seed; what judges
// them, carries them and draws them is what anyone runs. Builds what is not built; takes some ten minutes.
// `npm run screenshots -- fleet machine` takes some of the views.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build, isDue, STEPS_TO_RUN } from './build-steps.mjs';
import { shrink } from './png.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}docs/images`;
const CHROMIUM = '/usr/bin/chromium';

const SEED = 7;

/** How long the curves grow before the pictures are taken, and what a view that is opened then gets to fill. */
const GROW_MS = 90_000;
const OPEN_MS = 5_000;

/** A change of colours fades in. */
const FADE_MS = 1_200;

/** By what follows the name: a desk, whose pictures have no more than their names, a phone and a wall. */
const SCREENS = [
  { name: '', width: 1_280, height: 800, pixels: 1.5 },
  { name: '-390', width: 390, height: 844, pixels: 2 },
  { name: '-2560', width: 2_560, height: 1_440, pixels: 1 },
];

const SCHEMES = ['light', 'dark'];

/** A simulated fleet, in which something goes wrong so often with each machine. */
const fleetOf = (machines, faults_per_day) => [
  ...['simulate', '--machines', `${machines}`, '--interval', '1000', '--seed', `${SEED}`],
  ...['--simulator.faults-per-day', `${faults_per_day}`],
];

/** What runs, what is looked at meanwhile, and what is shown of it, in this order. */
const SYSTEMS = [
  {
    // This machine: a real one has more to tell than a simulated one.
    command: ['up', '--machine', 'laptop', '--with', 'examples/hello-module/mood.ts'],
    looks_at: '/m/laptop',
    moves: true,
    views: [
      { name: 'machine', path: '/m/laptop' },
      { name: 'machine-past', path: pathOfPast('/m/laptop') },
      { name: 'system', path: '/system' },
      { name: 'tap', path: '/system?tap=%23.analysis' },
    ],
  },
  { command: fleetOf(12, 300), looks_at: '/', views: [{ name: 'fleet' }, { name: 'cut', path: '/', cuts: true }] },
  { command: fleetOf(200, 40), looks_at: '/', views: [{ name: 'fleet-200' }] },
  {
    command: fleetOf(1_000, 20),
    looks_at: '/',
    views: [{ name: 'fleet-1000' }, { name: 'sites', path: '/?group=site' }, { name: 'empty', empty: true }],
  },
  { command: fleetOf(10_000, 5), looks_at: '/', views: [{ name: 'fleet-10000' }] },
  { command: fleetOf(200, 0), looks_at: '/alerts', grow_ms: OPEN_MS, views: [{ name: 'alerts-empty' }] },
  {
    command: fleetOf(200, 60),
    // Quicker than anyone would have it, as the pictures are taken soon; and a lower limit on trial, and that alone.
    settings: `
      analyzer.bands.alert_after_ms = 20_000
      analyzer.shadow.bands = { alert_after_ms = 20_000, high_from = 70 }
      analyzer.shadow.presence.ignore = ["#"]
    `,
    looks_at: '/alerts',
    grow_ms: 150_000,
    views: [
      { name: 'alerts', prepare: seeAndSilence },
      { name: 'alert', prepare: openOne },
      { name: 'alerts-cut', prepare: closeIt, cuts: true },
    ],
  },
];

const wanted = process.argv.slice(2);
const known = SYSTEMS.flatMap(({ views }) => views.map(({ name }) => name));
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined) stop(`there is no view "${unknown}"; there are ${known.join(', ')}`);
if (!existsSync(CHROMIUM)) stop(`there is no ${CHROMIUM}; type: sudo apt-get install -y chromium`);

// One by one: the command holds the page.
for (const step of STEPS_TO_RUN) if (isDue(step)) await build(step);
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
});
try {
  for (const { views, ...system } of SYSTEMS) {
    const taken = views.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    if (taken.length > 0) await takeAll(system, taken);
  }
} finally {
  await browser.close();
}

/** Runs a command and takes the pictures of some views of what it shows. */
async function takeAll({ command, settings = '', looks_at, moves = false, grow_ms = GROW_MS }, views) {
  const state = mkdtempSync(join(tmpdir(), 'ganglion-screenshots-'));
  writeFileSync(join(state, 'ganglion.toml'), settings);
  const system = await start([...command, '--config', join(state, 'ganglion.toml')], state);
  try {
    // One page for all of them: its curves begin when it is opened.
    const page = await browser.newPage({ locale: 'en-GB' });
    // What moves may be half way when the picture is taken.
    if (!moves) await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(`${system.url}${looks_at}`);
    console.log(`ganglion ${command.join(' ')}: the curves grow for ${grow_ms / 1_000} s.`);
    await pause(grow_ms);
    for (const view of views) {
      if (view.empty) {
        const empty = await browser.newPage({ locale: 'en-GB' });
        await openWithoutMachines(empty, system.url);
        await take(empty, view.name);
        await empty.close();
        continue;
      }
      if (view.path !== undefined) {
        const path = typeof view.path === 'string' ? view.path : view.path(Date.now());
        await page.evaluate((to) => window.ganglion.router.go(to), path);
        await pause(OPEN_MS);
      }
      if (view.prepare !== undefined) {
        await view.prepare(page);
        await page.mouse.move(0, 0);
        await page.evaluate(() => scrollTo(0, 0));
        await pause(OPEN_MS);
      }
      if (view.cuts) {
        await system.stop();
        await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
      }
      await take(page, view.name);
    }
    await page.close();
  } finally {
    await system.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

/** A view of the time in which its curves grew, in the middle of it. */
function pathOfPast(path) {
  return (now_ms) => `${path}?from=${now_ms - GROW_MS}&to=${now_ms - OPEN_MS}&at=${now_ms - GROW_MS / 2}`;
}

/** Opens the first of the alerts that are on whose sentence begins like this. */
async function openAlert(page, sentence) {
  const now = page.getByRole('region', { name: 'On now' });
  await now
    .getByRole('link', { name: new RegExp(`^${sentence}`) })
    .first()
    .click();
}

/** Somebody has seen the worst alert, and silences another. */
async function seeAndSilence(page) {
  const panel = page.getByRole('complementary');
  const dialog = page.getByRole('dialog');
  await openAlert(page, 'gone since');
  await panel.getByRole('button', { name: 'Acknowledge' }).click();
  await dialog.getByLabel('Why').fill('The power of its rack is being looked at');
  await dialog.getByLabel('Who you are').fill('ada');
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  // It is one of many that belong together.
  const unfold = page.getByRole('button', { name: / of this incident$/ }).first();
  await unfold.click();
  await openAlert(page, 'Load at');
  await panel.getByRole('button', { name: 'Silence' }).click();
  await dialog.getByRole('radio', { name: 'until tomorrow, 8:00' }).check();
  await dialog.getByLabel('Why').fill('It builds the release tonight');
  await dialog.getByRole('button', { name: 'Silence' }).click();
  await closeIt(page);
  await unfold.click();
}

async function openOne(page) {
  await openAlert(page, 'CPU at');
  await page.getByRole('complementary').getByRole('figure').waitFor();
}

async function closeIt(page) {
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click();
}

/** Takes a view on every screen, light and dark. */
async function take(page, name) {
  const session = await page.context().newCDPSession(page);
  for (const screen of SCREENS) {
    const { width, height, pixels } = screen;
    await session.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height, deviceScaleFactor: pixels },
      mobile: false,
    });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await pause(FADE_MS);
      const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
      const path = `${folder}/${name}-${colorScheme}${screen.name}.png`;
      const png = shrink(Buffer.from(data, 'base64'));
      writeFileSync(path, png);
      console.log(`docs/images/${name}-${colorScheme}${screen.name}.png, ${Math.round(png.length / 1_000)} kB`);
    }
  }
  await session.detach();
}

/** Starts a system and its page in one process; resolves when it tells its address. What it keeps, it keeps in `state`. */
async function start(command, state) {
  const child = spawn(process.execPath, ['apps/cli/bin/ganglion.js', ...command, '--port', '0'], {
    cwd: root,
    env: { ...process.env, XDG_STATE_HOME: state },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const interrupt = () => child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [found] = /http:\/\/\S+/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`ganglion ended with code ${code}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
    },
  };
}

/** A simulation has machines; on their way to this page they are lost. */
async function openWithoutMachines(page, url) {
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const { type } = typeof message === 'string' ? JSON.parse(message) : {};
      if (type !== undefined && type !== 'machines') socket.send(message);
    });
  });
  await page.goto(url);
  await page.getByRole('heading', { name: 'No machine has spoken yet' }).waitFor();
}

function stop(why) {
  console.error(`Cannot take the pictures: ${why}.`);
  process.exit(2);
}
