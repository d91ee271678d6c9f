// The ancestor's three programs and ours on one exchange, `my_exchange`, which they declare not durable; see ancestor/.
// Whoever comes first makes the exchange, so each combination is tried in both orders.

import { hostname } from 'node:os';
import { sharedRabbitmq } from '@ganglion/testkit';
import { describe, expect, test } from 'vitest';
import { machineOn, useBrowser } from './support/browser.ts';
import { removeExchange } from './support/exchange.ts';
import { python } from './support/program.ts';
import { listenPlain } from './support/socket.ts';
import { run, runWeb } from './support/system.ts';

const EXCHANGE = 'my_exchange';

/** They cut every machine's name at its first dot: their own, and ours. */
const THEIR_MACHINE = hostname().split('.')[0] ?? '';
const OUR_MACHINE = 'db-01.example.com';
const OUR_MACHINE_CUT = 'db-01';

describe.for(['theirs first', 'ours first'] as const)('on the exchange of the ancestor, %s', (order) => {
  const open = useBrowser();
  const place = () => ({ broker: sharedRabbitmq(), exchange: EXCHANGE });
  const ourTracker = () => run(place(), 'tracker', '--machine', OUR_MACHINE, '--interval', '300ms');

  /** Starts both sides in the order of this group; each resolves when it is there. */
  async function startBoth<Theirs, Ours>(theirs: () => Promise<Theirs>, ours: () => Promise<Ours>) {
    await removeExchange(sharedRabbitmq(), EXCHANGE);
    if (order === 'theirs first') return { theirs: await theirs(), ours: await ours() };
    const started = await ours();
    return { ours: started, theirs: await theirs() };
  }

  test('their tracker and ours are judged by our analyzer and shown by our page, ours under its whole name', async () => {
    const { ours: web } = await startBoth(
      () => theirTracker(),
      async () => {
        const [web] = await Promise.all([runWeb(place()), run(place(), 'analyzer'), ourTracker()]);
        return web;
      },
    );
    const socket = await listenPlain(web.port);
    const analysis = await socket.first(({ machine }) => machine === THEIR_MACHINE);
    expect(analysis).toMatchObject({ cpu_result: expect.stringMatching(/^(LOW|MEDIUM|HIGH)$/) });
    expect(analysis['cpu_percentage']).toBeGreaterThanOrEqual(0);
    const { page, complaints } = await open(`http://localhost:${web.port}/`);
    for (const name of [THEIR_MACHINE, OUR_MACHINE]) await machineOn(page, name).waitFor();
    expect(complaints).toEqual([]);
  });

  test('our tracker and analyzer are shown by their web', async () => {
    const { theirs: socket } = await startBoth(
      async () => listenPlain(await theirWeb()),
      async () => {
        await Promise.all([run(place(), 'analyzer'), ourTracker()]);
      },
    );
    expect(await socket.next()).toEqual({
      machine: OUR_MACHINE_CUT,
      cpu_result: expect.stringMatching(/^(LOW|MEDIUM|HIGH)$/),
    });
  });

  test('our tracker is judged by their analyzer and shown by our page', async () => {
    const { ours: web } = await startBoth(
      () => theirAnalyzer(),
      async () => {
        const [web] = await Promise.all([runWeb(place()), ourTracker()]);
        return web;
      },
    );
    const socket = await listenPlain(web.port);
    const analysis = await socket.next();
    expect(Object.keys(analysis)).toEqual(['machine', 'cpu_result', 'time']);
    expect(analysis.machine).toBe(OUR_MACHINE_CUT);
    const { page, complaints } = await open(`http://localhost:${web.port}/`);
    await machineOn(page, OUR_MACHINE_CUT).waitFor();
    expect(complaints).toEqual([]);
  });
});

// Each resolves when it has done its work once or is ready for it: by then it has declared the exchange.

async function theirTracker(): Promise<void> {
  const tracker = python('test/ancestor/resources_tracker.py', sharedRabbitmq(), '0.3');
  await tracker.lines.first((line) => line === 'published');
}

async function theirAnalyzer(): Promise<void> {
  const analyzer = python('test/ancestor/resources_analyzer.py', sharedRabbitmq());
  await analyzer.lines.first((line) => line === 'listening');
}

/** Its port. It declares the exchange when a browser comes. */
async function theirWeb(): Promise<number> {
  const web = python('test/ancestor/resources_web.py', sharedRabbitmq(), '0');
  const line = await web.lines.first((text) => text.startsWith('listening'));
  return Number(line.split(' ').at(-1));
}
