import { createServer } from 'node:net';
import { type BusStatus, memoryBus } from '@ganglion/kernel';
import { afterEach, expect, test } from 'vitest';
import {
  type FiguresFrame,
  type Frame,
  type HelloFrame,
  type MachinesFrame,
  NO_PEAK,
  PEAKS_SECONDS,
  type PeaksFrame,
} from '../wire/frames.ts';
import { HEARD_BYTES_MAX, HEARD_FRAMES_MAX, HEARD_MESSAGES_MAX } from './client.ts';
import { ANALYSIS_CHARACTERS_MAX } from './hub.ts';
import {
  cleanUp,
  openPage,
  openPlain,
  rawAnswer,
  rawWebSocket,
  refused,
  startWeb,
  type WebUnderTest,
} from './web-under-test.ts';

afterEach(cleanUp);

const TIME = '2026-11-03T14:03:12.345Z';
const TIME_MS = Date.parse(TIME);

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const isReady = (frame: Frame) => frame.type === 'ready';
const isMachines = (frame: Frame): frame is MachinesFrame => frame.type === 'machines';

test('a client that names no subprotocol gets one JSON object an analysis', async () => {
  const { host, say } = await startWeb();
  const client = await openPlain(host);
  await say('db-01', { cpu_result: 'LOW', cpu_percentage: 12.5, note: 'kept' } as object, TIME_MS);
  const heard = await client.next();
  expect(heard).toEqual({ machine: 'db-01', cpu_result: 'LOW', cpu_percentage: 12.5, note: 'kept', time: TIME });
  expect(Object.keys(heard)[0]).toBe('machine');
});

test('a field of the body named machine or time does not pass for the real one', async () => {
  const { host, say } = await startWeb();
  const client = await openPlain(host);
  await say('db-01', { cpu_result: 'LOW', machine: 'other', time: 'yesterday' } as object, TIME_MS);
  expect(await client.next()).toEqual({ machine: 'db-01', cpu_result: 'LOW', time: TIME });
});

test('an analysis of the ancestor, a band and nothing else, is passed on in both dialects', async () => {
  const { host, bus } = await startWeb();
  const [plain, page] = await Promise.all([openPlain(host), openPage(host)]);
  await page.until(isReady);
  await bus.publish({ key: 'old.analysis', payload: Buffer.from('{"cpu_result": "HIGH"}'), properties: {} });
  expect(await plain.next()).toMatchObject({ machine: 'old', cpu_result: 'HIGH' });
  const { machines } = await page.nextOf('machines');
  expect(machines).toMatchObject([{ machine: 'old', resources: { cpu: { band: 'HIGH' } } }]);
});

test('machine names are any text', async () => {
  const { host, say } = await startWeb();
  const client = await openPlain(host);
  const names = ['db-01.example.com', 'Büro Süd 2', 'a.b.c d', '__proto__', '<b>"quoted"</b>', 'コンピュータ'];
  for (const name of names) await say(name, { cpu_result: 'LOW' });
  for (const name of names) expect(await client.next()).toMatchObject({ machine: name });
});

test('the state of every known machine comes first, each at its newest', async () => {
  const { host, say } = await startWeb();
  const witness = await openPlain(host);
  await say('a', { cpu_result: 'LOW' });
  await say('b', { cpu_result: 'LOW' });
  await say('a', { cpu_result: 'HIGH' });
  for (let i = 0; i < 3; i++) await witness.next();

  const plain = await openPlain(host);
  expect(await plain.next()).toMatchObject({ machine: 'b', cpu_result: 'LOW' });
  expect(await plain.next()).toMatchObject({ machine: 'a', cpu_result: 'HIGH' });

  const page = await openPage(host);
  expect(page.socket.protocol).toBe('ganglion.page.v2');
  const [hello, machines, ready] = await page.until(isReady);
  expect(hello).toMatchObject({ type: 'hello', server: 'web-test', machines_max: 20_000, bus: { connected: true } });
  expect(hello).toMatchObject({ sees_system: true, may_tap: true });
  expect(machines).toMatchObject({ type: 'machines', machines: [{ machine: 'b' }, { machine: 'a' }] });
  expect(machines).not.toHaveProperty('folded');
  expect(ready?.type).toBe('ready');
});

test('whoever comes is told the last minutes of a small fleet, and of a large one not', async () => {
  const { host, say, counted } = await startWeb({ machines_max: 300 });
  for (const [second, percentage] of [
    [-100, 40],
    [-2, 20],
    [0, 99.6],
  ] as const) {
    await say('a', { cpu_result: 'LOW', cpu_percentage: percentage }, Date.now() + second * 1000);
  }
  await say('b', { cpu_result: 'LOW' });
  const frames = await (await openPage(host)).until(isReady);
  const [machines] = frames.filter(isMachines);
  const peaks = frames.find((frame): frame is PeaksFrame => frame.type === 'peaks');
  expect(peaks?.resources).toEqual(['cpu']);
  const row = peaks?.ids.indexOf(machines?.machines.find(({ machine }) => machine === 'a')?.id ?? -1) ?? -1;
  const told = peaks?.peaks[0]?.subarray(row * PEAKS_SECONDS, (row + 1) * PEAKS_SECONDS) ?? new Uint8Array();
  expect(told[PEAKS_SECONDS - 1]).toBe(249);
  expect([...told].filter((peak) => peak !== NO_PEAK)).toEqual([100, 50, 249]);

  for (let i = 0; i < 200; i++) await say(`m${i}`, { cpu_result: 'LOW', cpu_percentage: 1 });
  await counted('clients_opened', 1);
  const later = await (await openPage(host)).until(isReady);
  expect(later.some(({ type }) => type === 'peaks')).toBe(false);
});

test('a large state comes in several frames and ends with ready', async () => {
  const { host, say, counted } = await startWeb();
  for (let i = 0; i < 450; i++) await say(`m${i}`, { cpu_result: 'LOW' });
  const witness = await openPlain(host);
  for (let i = 0; i < 450; i++) await witness.next();
  const page = await openPage(host);
  const frames = await page.until(isReady);
  const fleets = frames.filter(isMachines);
  expect(fleets.map((frame) => frame.machines.length)).toEqual([200, 200, 50]);
  expect(new Set(fleets.flatMap((frame) => frame.machines.map(({ machine }) => machine))).size).toBe(450);
  await counted('clients_opened', 2);
});

test('the changes of one turn reach a page as one frame with the newest of each machine, the same for all', async () => {
  const { host, say } = await startWeb();
  const pages = await Promise.all([openPage(host), openPage(host)]);
  for (const page of pages) await page.until(isReady);
  void say('a', { cpu_result: 'LOW', cpu_percentage: 1 });
  void say('b', { cpu_result: 'LOW', cpu_percentage: 2 });
  void say('a', { cpu_result: 'HIGH', cpu_percentage: 99 });
  const [first, second] = await Promise.all(pages.map((page) => page.nextOf('machines')));
  expect(first?.machines.map(({ machine }) => machine)).toEqual(['b', 'a']);
  expect(first?.machines[1]?.resources['cpu']).toMatchObject({ band: 'HIGH', percentage: 99 });
  expect(first?.folded).toBe(1);
  expect(second).toEqual(first);
});

test('a machine tells when it was measured, when it was received, and since when a band holds', async () => {
  const { host, say } = await startWeb();
  const page = await openPage(host);
  const [hello] = (await page.until(isReady)) as [HelloFrame];
  await say('a', { cpu_result: 'LOW', memory_result: 'HIGH' }, TIME_MS);
  const before = (await page.nextOf('machines')).machines[0];
  await say('a', { cpu_result: 'MEDIUM', memory_result: 'HIGH' }, TIME_MS + 1000);
  const frame = await page.nextOf('machines');
  const after = frame.machines[0];
  expect(after).toMatchObject({ time_ms: TIME_MS + 1000, interval_ms: 1000, first_ms: before?.received_ms });
  expect(after?.high_ms).toBe(after?.received_ms);
  expect(after?.resources['memory']?.since_ms).toBe(before?.received_ms);
  expect(after?.resources['cpu']?.since_ms).toBe(after?.received_ms);
  expect(after?.received_ms).toBeGreaterThanOrEqual(hello.started_ms);
  expect(frame.sent_ms).toBeGreaterThanOrEqual(after?.received_ms ?? Number.POSITIVE_INFINITY);
});

test('past machines_max the machine silent longest is forgotten and counted', async () => {
  const { host, say, counted } = await startWeb({ machines_max: 2 });
  await say('a', { cpu_result: 'LOW' });
  await say('b', { cpu_result: 'LOW' });
  await say('a', { cpu_result: 'LOW' });
  await say('c', { cpu_result: 'LOW' });
  await counted('machines_forgotten', 1);
  const client = await openPlain(host);
  expect(await client.next()).toMatchObject({ machine: 'a' });
  expect(await client.next()).toMatchObject({ machine: 'c' });
});

test('an analysis larger than the limit is dropped and counted, and the next one passes', async () => {
  const { host, say, counted } = await startWeb();
  const client = await openPlain(host);
  await say('a', { cpu_result: 'LOW', note: 'x'.repeat(ANALYSIS_CHARACTERS_MAX) } as object);
  await say('b', { cpu_result: 'LOW' });
  expect(await client.next()).toMatchObject({ machine: 'b' });
  await counted('analyses_too_large', 1);
});

test('the page is told when the bus goes and comes back', async () => {
  const bus = memoryBus();
  const listeners = new Set<(status: BusStatus) => void>();
  const watched = Object.assign(Object.create(bus), {
    status: { connected: true, since_ms: 1 },
    onStatus: (listener: (status: BusStatus) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const { host, running } = await startWeb({}, watched);
  const page = await openPage(host);
  await page.until(isReady);
  for (const listener of listeners) listener({ connected: false, since_ms: 2, why: 'connection lost' });
  expect(await page.next()).toMatchObject({
    type: 'bus',
    bus: { connected: false, since_ms: 2, why: 'connection lost' },
  });
  await running.stop();
  expect(listeners.size).toBe(0);
});

/** Makes an analysis large, so that the buffers of the system are soon full: text for one dialect, resources for the other. */
const BALLAST = {
  plain: { ballast: 'x'.repeat(12_000) },
  page: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${'x'.repeat(180)}_${i}_percentage`, 50])),
};

for (const dialect of ['plain', 'page'] as const) {
  test(`a client that reads nothing gets the newest of each machine when it reads again, and holds nobody up (${dialect})`, async () => {
    const { host, say, counts, counted } = await startWeb();
    const slow = await (dialect === 'plain' ? openPlain(host) : openPage(host));
    const quick = await openPlain(host);
    if (dialect === 'page') await slow.until(isReady);
    slow.socket.pause();
    let behind = false;
    void counted('clients_behind', 1).then(() => {
      behind = true;
    });
    let said = 0;
    const sayRound = async () => {
      for (let i = 0; i < 10; i++) {
        // With another band each time, what a page is sent is large too.
        const cpu_result = said % 20 < 10 ? 'LOW' : 'HIGH';
        await say(`m${i}`, { cpu_result, cpu_percentage: ++said / 100, ...BALLAST[dialect] });
      }
      // The quick one is never behind.
      for (let i = 0; i < 10; i++) expect(await quick.next()).toMatchObject({ machine: `m${i}` });
    };
    while (!behind) await sayRound();
    for (let i = 0; i < 10; i++) await sayRound();
    slow.socket.resume();

    const newest = new Map<string, number>();
    let received = 0;
    const take = (machine: string, percentage: number | undefined) => {
      received++;
      newest.set(machine, Math.round((percentage ?? 0) * 100));
    };
    while (newest.size < 10 || Math.min(...newest.values()) <= said - 10) {
      if (dialect === 'plain') {
        const { machine, cpu_percentage } = await slow.next<{ machine: string; cpu_percentage: number }>();
        take(machine, cpu_percentage);
      } else {
        const frame = await slow.next<Frame>();
        if (frame.type === 'figures') {
          const cpu = frame.hundredths[frame.resources.indexOf('cpu')];
          for (const [row, id] of frame.ids.entries()) take(`m${id}`, (cpu?.[row] ?? 0) / 100);
        } else if (frame.type === 'machines') {
          for (const { machine, resources } of frame.machines) take(machine, resources['cpu']?.percentage);
        }
      }
    }
    expect([...newest.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => said - 9 + i));
    // What was not sent was passed over and counted: nothing waited anywhere.
    await counted('folded', said - received);
    expect(counts.get('folded')).toBe(said - received);
    expect(received).toBeLessThan(said);
  });
}

test('a client that takes nothing and answers nothing is closed and counted', async () => {
  const { host, say, counted } = await startWeb({ client_silence_ms: 1000 });
  const slow = await openPlain(host);
  slow.socket.pause();
  let behind = false;
  void counted('clients_behind', 1).then(() => {
    behind = true;
  });
  while (!behind) await say('a', { cpu_result: 'LOW', ...BALLAST.plain } as object).then(nextTurn);
  await counted('clients_closed_slow', 1);
});

test('a client that is gone without a goodbye is found by its missing answer', async () => {
  const { host, counted } = await startWeb({ client_silence_ms: 100 });
  const gone = await openPlain(host, { autoPong: false });
  await counted('clients_closed_dead', 1);
  expect((await gone.closed).code).toBe(1006);
});

test('a foreign Origin is refused, and so is a name that only leads here', async () => {
  const { host, port } = await startWeb({ origins: ['https://monitor.example.com', 'null'] });
  const url = `ws://${host}/ws`;
  const foreign = await refused(url, [], { origin: 'http://evil.example' });
  expect(foreign.status).toBe(403);
  expect(foreign.text).toContain('web.origins');
  expect((await refused(url, [], { origin: `http://127.0.0.1:${port + 1}` })).status).toBe(403);
  const rebound = { origin: `http://evil.example:${port}`, headers: { host: `evil.example:${port}` } };
  expect((await refused(url, [], rebound)).status).toBe(403);
  expect((await refused(url, [], { headers: { host: '127.0.0.1.evil.example' } })).status).toBe(403);

  for (const options of [
    { origin: `http://${host}` },
    { origin: `http://localhost:${port}`, headers: { host: `localhost:${port}` } },
    { origin: 'null' },
    { origin: 'https://monitor.example.com' },
    { origin: 'https://monitor.example.com', headers: { host: 'monitor.example.com' } },
    {},
  ]) {
    (await openPlain(host, options)).socket.terminate();
  }
});

test('an unknown subprotocol is refused with what is spoken', async () => {
  const { host, counted } = await startWeb();
  const { status, text } = await refused(`ws://${host}/ws`, ['ganglion.page.v9']);
  expect(status).toBe(400);
  expect(text).toContain('ganglion.page.v2');
  await counted('clients_refused', 1);
});

test('a WebSocket on another path is refused', async () => {
  const { host } = await startWeb();
  expect((await refused(`ws://${host}/elsewhere`)).status).toBe(404);
});

test('more clients than clients_max are refused', async () => {
  const { host } = await startWeb({ clients_max: 1 });
  const first = await openPlain(host);
  expect(await refused(`ws://${host}/ws`)).toMatchObject({ status: 503, text: 'There are 1 clients already.\n' });
  first.socket.close();
  await first.closed;
});

test('what a client sends is ignored until it is too much', async () => {
  const { host, say, counts, counted, logged } = await startWeb();
  const polite = await openPlain(host);
  polite.socket.send('hello?');
  await say('a', { cpu_result: 'LOW' });
  expect(await polite.next()).toMatchObject({ machine: 'a' });

  const binary = await openPlain(host);
  binary.socket.send(Buffer.from([1, 2, 3]));
  expect((await binary.closed).code).toBe(1008);

  const large = await openPlain(host);
  large.socket.send('x'.repeat(HEARD_BYTES_MAX + 1));
  expect((await large.closed).code).toBe(1009);

  const many = await openPlain(host);
  for (let i = 0; i <= HEARD_MESSAGES_MAX; i++) many.socket.send('x');
  expect((await many.closed).code).toBe(1008);

  for (const send of ['ping', 'pong'] as const) {
    const insistent = await openPlain(host);
    for (let i = 0; i <= HEARD_MESSAGES_MAX; i++) insistent.socket[send]();
    expect((await insistent.closed).code).toBe(1008);
  }

  const crumbling = await openPlain(host);
  for (let i = 0; i <= HEARD_FRAMES_MAX; i++) crumbling.socket.send('', { fin: false });
  expect((await crumbling.closed).code).toBe(1008);

  await counted('refused_message', 6);
  expect(counts.get('client_errors')).toBe(2);
  // All that was allowed is counted too.
  await counted('client_messages', 1 + 3 * HEARD_MESSAGES_MAX);
  expect(counts.get('client_messages')).toBe(1 + 3 * HEARD_MESSAGES_MAX);
  expect(logged.join()).toContain('refused a binary message from 127.0.0.1');
});

test('a client that goes without a goodbye, in the middle of a message too, is counted', async () => {
  const { host, counts, counted } = await startWeb();
  const polite = await openPlain(host);
  polite.socket.close();
  await polite.closed;
  for (const half of [[], [0x81, 0x85, 1, 2, 3, 4, 0x69]]) {
    const stream = await rawWebSocket(host);
    stream.end(Buffer.from(half));
  }
  await counted('clients_lost', 2);
  await counted('clients_closed', 3);
  expect(counts.get('clients_lost')).toBe(2);
});

test('what is no request, or no handshake, is answered, cut and counted', async () => {
  const { host, counted, logged } = await startWeb();
  const upgrade = 'host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n';
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  const version = 'sec-websocket-version: 13\r\n';
  const wrong: [text: string, answer: string, kind: string][] = [
    ['\u0016\u0003\u0001 hello\r\n\r\n', 'HTTP/1.1 400', 'request'],
    [`GET /ws HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 431', 'request'],
    ['CONNECT elsewhere:443 HTTP/1.1\r\nhost: elsewhere\r\n\r\n', 'HTTP/1.1 405', 'request'],
    [`GET /ws HTTP/1.1\r\n${upgrade}${key}\r\n`, 'HTTP/1.1 400', 'handshake'],
    [`GET /ws HTTP/1.1\r\n${upgrade}${version}\r\n`, 'HTTP/1.1 400', 'handshake'],
    [`GET /ws\r\n${upgrade}${key}${version}\r\n`, 'HTTP/1.1 400', 'handshake'],
    [`GET /ws HTTP/1.0\r\n${upgrade}${key}${version}\r\n`, 'HTTP/1.1 400', 'handshake'],
    [`POST /ws HTTP/1.1\r\n${upgrade}${key}${version}\r\n`, 'HTTP/1.1 400', 'handshake'],
    ['GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 'HTTP/1.1 426', 'handshake'],
  ];
  for (const [text, answer] of wrong) expect(await rawAnswer(host, text)).toMatch(answer);
  for (const kind of ['request', 'handshake']) {
    await counted(`refused_${kind}`, wrong.filter(([, , each]) => each === kind).length);
  }
  expect(logged.join()).toContain('refused a broken request (HPE_');
  await openPlain(host);
});

test('a ping is answered', async () => {
  const { host } = await startWeb();
  const { socket } = await openPlain(host);
  const pong = new Promise((resolve) => socket.once('pong', resolve));
  socket.ping('well?');
  expect(String(await pong)).toBe('well?');
});

test('the stop says goodbye to every client and frees the port', async () => {
  const { host, port, running } = await startWeb();
  const clients = await Promise.all([openPlain(host), openPage(host)]);
  await running.stop();
  for (const client of clients) expect(await client.closed).toEqual({ code: 1001, why: 'the server stops' });
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
});

test('the stop does not wait for a client that does not answer', async () => {
  const { host, running } = await startWeb();
  const deaf = await openPlain(host);
  deaf.socket.pause();
  await running.stop();
});

test('a port that is taken, or no address of this machine, is told as a setting to change', async () => {
  const { port } = await startWeb();
  await expect(startWeb({ port })).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    configuration: true,
    message: expect.stringMatching(/^the page cannot be served on port \d+: .* 127\.0\.0\.1:\d+; .*--port/),
  });
  await expect(startWeb({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'HOST_INVALID', configuration: true });
  await expect(startWeb({ host: 'no such host' })).rejects.toMatchObject({ code: 'HOST_INVALID', configuration: true });
  await expect(startWeb({ origins: ['monitor.example.com'] })).rejects.toMatchObject({ code: 'ORIGIN_INVALID' });
  await expect(startWeb({ port: 70_000 })).rejects.toMatchObject({ code: 'SETTING_INVALID' });
});

test('it says where the page is', async () => {
  const { port, logged } = await startWeb();
  expect(logged).toContain(`the page is at http://localhost:${port}`);
});

const isFigures = (frame: Frame): frame is FiguresFrame => frame.type === 'figures';

/** Says everything twice, so that each machine is known with its interval and what follows are figures alone. */
async function sayTwice(say: WebUnderTest['say'], machines: readonly string[]): Promise<void> {
  for (const second of [0, 1]) {
    for (const machine of machines)
      await say(machine, { cpu_result: 'LOW', cpu_percentage: 1 }, TIME_MS + second * 1_000);
  }
}

test('a page that looks at some machines gets their figures alone, and of the others what changes rarely', async () => {
  const { host, say } = await startWeb();
  const machines = ['a', 'b', 'c'];
  const witness = await openPlain(host);
  await sayTwice(say, machines);
  for (let i = 0; i < 6; i++) await witness.next();
  const page = await openPage(host);
  await page.until(isReady);
  page.look({ view: 'fleet', only: [1] });
  // Answered in order: it has understood the look by then.
  await page.answers();
  for (const machine of machines) await say(machine, { cpu_result: 'LOW', cpu_percentage: 2 }, TIME_MS + 2_000);
  await say('c', { cpu_result: 'HIGH', cpu_percentage: 99 }, TIME_MS + 3_000);
  const frames = await page.until(
    (frame) => isMachines(frame) && frame.machines.some(({ machine }) => machine === 'c'),
  );
  expect(frames.filter(isFigures).every(({ ids }) => ids.join() === '1')).toBe(true);
  // At a machine or the system: no figures at all.
  page.look({ view: 'machine', machine: 'a' });
  await page.answers();
  await say('b', { cpu_result: 'LOW', cpu_percentage: 3 }, TIME_MS + 3_000);
  await say('b', { cpu_result: 'HIGH', cpu_percentage: 80 }, TIME_MS + 4_000);
  const others = await page.until((frame) => isMachines(frame));
  expect(others.filter(isFigures).some(({ ids }) => ids.includes(2))).toBe(false);
  // And everything that was missed, when it looks at all again.
  page.look({ view: 'fleet' });
  await page.until((frame) => isFigures(frame) && [0, 2].every((id) => frame.ids.includes(id)));
});

test('what does not change rarely comes in columns', async () => {
  const { host, say } = await startWeb();
  const witness = await openPlain(host);
  await sayTwice(say, ['a', 'b']);
  for (let i = 0; i < 4; i++) await witness.next();
  const page = await openPage(host);
  await page.until(isReady);
  void say('b', { cpu_result: 'LOW', cpu_percentage: 12.345 }, TIME_MS + 2_000);
  const frame = await page.nextOf('figures');
  expect([...frame.ids]).toEqual([1]);
  expect(frame.resources).toEqual(['cpu']);
  expect([...(frame.hundredths[0] ?? [])]).toEqual([1235]);
  expect(frame.sent_ms - (frame.waited_ms[0] ?? 0) - (frame.late_ms[0] ?? 0)).toBe(TIME_MS + 2_000);
});

test('looks that are none are counted, and other JSON is let pass', async () => {
  const { host, say, counted, counts } = await startWeb();
  const page = await openPage(host);
  await page.until(isReady);
  const looks = ['{', '{"look":5}', '{"look":{"view":"else"}}', '{"look":{"view":"machine"}}'];
  const large = { view: 'fleet', only: Array.from({ length: 501 }, (_, i) => i) };
  for (const text of [...looks, JSON.stringify({ look: large }), '{}', '5', 'null', '[]']) page.socket.send(text);
  await counted('looks_invalid', 5);
  await say('a', { cpu_result: 'LOW' });
  expect((await page.nextOf('machines')).machines).toMatchObject([{ machine: 'a' }]);
  expect(counts.get('looks_invalid')).toBe(5);
});
