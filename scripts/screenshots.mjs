// npm run screenshots: the pictures in the papers, taken of the real page. Build first.
// The fleet is a demonstration (demo-fleet.ts); what judges it, carries it and draws it is what anyone runs.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}docs/images`;

/** How long the curves grow before the pictures are taken. */
const GROW_MS = 75_000;

const system = spawn(
  process.execPath,
  ['apps/cli/bin/ganglion.js', 'up', '--port', '0', '--machine', 'this-laptop', '--with', 'scripts/demo-fleet.ts'],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => system.kill(signal));

try {
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: system.stdout }).on('line', (line) => {
      const [found] = /http:\/\/\S+/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    system.once('exit', (code) => reject(new Error(`ganglion ended with code ${code}`)));
  });
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
  const views = [
    { name: 'fleet-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
    { name: 'fleet-dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
    { name: 'fleet-phone', colorScheme: 'dark', viewport: { width: 390, height: 800 } },
  ];
  const pages = [];
  for (const { name, ...options } of views) {
    const page = await browser.newPage({ ...options, deviceScaleFactor: 1.5, locale: 'en-GB' });
    await page.goto(url);
    pages.push({ name, page });
  }
  console.log(`The curves grow for ${GROW_MS / 1000} s.`);
  await pages[0].page.waitForTimeout(GROW_MS);
  for (const { name, page } of pages) {
    await page.bringToFront();
    await page.screenshot({ path: `${folder}/${name}.png` });
    console.log(`docs/images/${name}.png`);
  }
  await browser.close();
} finally {
  system.kill('SIGTERM');
}
