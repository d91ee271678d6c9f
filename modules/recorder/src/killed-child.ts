// A recorder to be killed, run by `kills.broker.test.ts`: it records a signal that anybody can work out, and says what is on disk. Its
// clock runs fast, so that it closes minutes, makes cells and lets go of old ones all the time.

import { openPostgres } from './postgres/store.ts';
import { Recording } from './recording.ts';
import { openSqlite } from './sqlite/store.ts';

/** Where the past is: a folder, or the address of a database. */
const [place = '', first = '0', started = '0'] = process.argv.slice(2);

const MACHINES = 20;
const MINUTE_MS = 60_000;

let step = Number(first);
const now = () => Number(started) + step * 1_000;

const recording = await Recording.open({
  store: place.startsWith('postgres:') ? await openPostgres({ database: place }) : openSqlite({ folder: place }),
  now,
  steady: now,
  keep_ms: [20 * MINUTE_MS, 60 * MINUTE_MS, 600 * MINUTE_MS, 1e12, 1e12],
  count: (name) => {
    if (name === 'write_faults') process.stdout.write('fault\n');
  },
});

for (;;) {
  step++;
  const written: Promise<void>[] = [];
  for (let machine = 0; machine < MACHINES; machine++) {
    written.push(
      recording.take('measure', `m${machine}`, now() + machine, { value: step * 3 + machine, other: step % 7 }),
    );
  }
  await recording.flush();
  await Promise.all(written);
  process.stdout.write(`${step}\n`);
}
