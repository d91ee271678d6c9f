// A client that reads nothing must cost the server no memory and the others nothing at all.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { join } from './support/exchange.ts';
import { connectPlain } from './support/socket.ts';
import { ownPlace, runWeb } from './support/system.ts';

const MACHINES = 200;
const ROUNDS = 120;
/** Kept as unknown fields are, so that what is said soon exceeds every buffer between the server and the client. */
const BALLAST = 'x'.repeat(3000);
const MEGABYTE = 1_048_576;

test('a client that reads nothing holds nobody up, and gets the newest state when it reads again', async () => {
  const place = ownPlace();
  const web = await runWeb(place);
  const stranger = await join(place.broker, place.exchange);
  const fast = await connectPlain(web.port);
  const slow = await connectPlain(web.port);
  slow.pause();

  const used_bytes: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const heard_by_fast = fast.heard.next((heard) => heard.machine === `m${MACHINES - 1}` && heard['round'] === round);
    for (let i = 0; i < MACHINES; i++) {
      stranger.say(`m${i}.analysis`, { cpu_result: 'LOW', round, ballast: BALLAST });
    }
    // The other one hears each round before the next begins.
    await heard_by_fast;
    used_bytes.push(residentBytes(web.pid));
  }
  const said_bytes = ROUNDS * MACHINES * BALLAST.length;
  // What was said after the first third is several times what the memory may have grown by.
  const grown_bytes = Math.max(...used_bytes.slice(ROUNDS / 3)) - Math.max(...used_bytes.slice(0, ROUNDS / 3));
  expect(grown_bytes / MEGABYTE).toBeLessThan(said_bytes / MEGABYTE / 4);
  expect(slow.heard.items.length).toBeLessThan(MACHINES * 2);

  slow.resume();
  const newest = new Map<string, unknown>();
  await slow.heard.first(({ machine, round }) => newest.set(machine, round) && allAre(newest, ROUNDS));
  expect(slow.heard.items.length).toBeLessThan((MACHINES * ROUNDS) / 2);
});

function allAre(newest: ReadonlyMap<string, unknown>, round: number): boolean {
  return newest.size === MACHINES && [...newest.values()].every((value) => value === round);
}

/** The memory a process has in use. */
function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
