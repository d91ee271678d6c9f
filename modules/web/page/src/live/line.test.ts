import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { cleanUp, startWeb } from '../../../server/web-under-test.ts';
import type { Frame } from '../../../wire/frames.ts';
import { Line, type LineState, RETRY_FIRST_MS, RETRY_LAST_MS, SILENCE_MAX_MS, type Socket } from './line.ts';

const lines: Line[] = [];

afterEach(async () => {
  for (const line of lines.splice(0)) line.stop();
  await cleanUp();
});

/** A line to a server, with a clock that a test moves and timers that it fires. */
function openLine(
  url: string,
  open = (to: string, protocol: string): Socket =>
    Object.assign(new WebSocket(to, protocol), { binaryType: 'arraybuffer' as const }).on('error', () => {}),
) {
  const heard: (Frame | LineState)[] = [];
  const waiting = new Set<() => void>();
  const timers: { wait_ms: number; run: () => void }[] = [];
  let now_ms = 0;
  const tell = (news: Frame | LineState) => {
    heard.push(news);
    for (const look of waiting) look();
  };
  const line = new Line(
    url,
    { onFrame: tell, onState: tell },
    {
      open,
      after(wait_ms, run) {
        const timer = { wait_ms, run };
        timers.push(timer);
        return () => {
          if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
        };
      },
      now: () => now_ms,
      random: () => 1,
    },
  );
  lines.push(line);
  return {
    line,
    timers,
    /** Fires the timer made last. */
    fire() {
      timers.pop()?.run();
    },
    pass(ms: number) {
      now_ms += ms;
    },
    /** Resolves to the next news that fits, and drops what came before it. */
    heard: <News extends Frame | LineState>(fits: (news: Frame | LineState) => news is News) =>
      new Promise<News>((resolve) => {
        const look = () => {
          for (let news = heard.shift(); news !== undefined; news = heard.shift()) {
            if (!fits(news)) continue;
            waiting.delete(look);
            resolve(news);
            return;
          }
        };
        waiting.add(look);
        look();
      }),
  };
}

type State<Kind extends LineState['kind']> = Extract<LineState, { kind: Kind }>;
const is =
  <Kind extends LineState['kind']>(kind: Kind) =>
  (news: Frame | LineState): news is State<Kind> =>
    'kind' in news && news.kind === kind;
const isFrame =
  <Type extends Frame['type']>(type: Type) =>
  (news: Frame | LineState): news is Extract<Frame, { type: Type }> =>
    'type' in news && news.type === type;

test('it is live when the whole state is here, and then brings each change', async () => {
  const { host, say } = await startWeb();
  const { line, heard } = openLine(`ws://${host}/ws`);
  line.start();
  await heard(is('connecting'));
  await heard(isFrame('hello'));
  await heard(is('live'));
  const now_ms = Date.now();
  const sayAt = (second: number, cpu_percentage: number) =>
    say('a', { cpu_result: 'LOW', cpu_percentage }, now_ms + second * 1000);
  await sayAt(-2, 1);
  expect((await heard(isFrame('machines'))).machines[0]?.machine).toBe('a');
  // Its interval is news as well.
  await sayAt(-1, 1);
  await heard(isFrame('machines'));
  await sayAt(0, 2.5);
  expect((await heard(isFrame('figures'))).hundredths[0]).toEqual(Uint16Array.of(250));
});

test('when it is cut it tells since when, and opens again by itself', async () => {
  const web = await startWeb();
  const { line, heard, fire, pass } = openLine(`ws://${web.host}/ws`);
  line.start();
  await heard(is('live'));
  pass(3_000);
  await web.running.stop();
  const cut = await heard(is('cut'));
  expect(cut).toEqual({ kind: 'cut', since_ms: 0, retry_ms: 3_000 + RETRY_FIRST_MS });
  await startWeb({ port: web.port });
  fire();
  await heard(is('live'));
});

test('it waits longer after each try in vain, up to a limit, and begins anew when it was live', async () => {
  const web = await startWeb();
  const { line, heard, fire, timers } = openLine(`ws://${web.host}/ws`);
  line.start();
  await heard(is('live'));
  await web.running.stop();
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    await heard(is('cut'));
    waits.push(timers.at(-1)?.wait_ms ?? 0);
    fire();
  }
  expect(waits).toEqual([400, 800, 1600, 3200, 6400, RETRY_LAST_MS, RETRY_LAST_MS, RETRY_LAST_MS]);
  await heard(is('cut'));
  const again = await startWeb({ port: web.port });
  line.tryNow();
  await heard(is('live'));
  await again.running.stop();
  await heard(is('cut'));
  expect(timers.at(-1)?.wait_ms).toBe(RETRY_FIRST_MS);
});

test('a line on which nothing comes any more is cut, though nobody closed it', async () => {
  const { host } = await startWeb();
  const { line, heard, fire, pass } = openLine(`ws://${host}/ws`);
  line.start();
  await heard(is('live'));
  pass(SILENCE_MAX_MS);
  fire();
  pass(1);
  fire();
  await heard(is('cut'));
});

test('what is said goes to the socket that is open, and to none while there is none', async () => {
  const { host } = await startWeb();
  const said: string[] = [];
  let open: WebSocket | undefined;
  const { line, heard, fire } = openLine(`ws://${host}/ws`, (to, protocol) => {
    open = new WebSocket(to, protocol);
    return Object.assign(open, { send: (text: string) => said.push(text) });
  });
  line.start();
  line.send('too soon');
  await heard(is('live'));
  line.send('heard');
  open?.terminate();
  await heard(is('cut'));
  line.send('to nobody');
  fire();
  await heard(is('live'));
  line.send('heard again');
  expect(said).toEqual(['heard', 'heard again']);
});

test('what is no frame is passed over', async () => {
  let hear: (event: { readonly data: unknown }) => void = () => {};
  const socket = {
    addEventListener(type: string, listener: (event: { readonly data: unknown; readonly code: number }) => void) {
      if (type === 'message') hear = ({ data }) => listener({ data, code: 0 });
    },
    send() {},
    close() {},
  };
  const { line, heard } = openLine('', () => socket);
  line.start();
  for (const data of [new ArrayBuffer(2), 'no JSON', '3', 'null', '{"type":"fleet"}', '{"sent_ms":1}']) hear({ data });
  hear({ data: '{"type":"ready","sent_ms":1}' });
  await heard(is('connecting'));
  expect(await heard((news): news is Frame => 'type' in news)).toEqual({ type: 'ready', sent_ms: 1 });
});

test('it tells when the server let nobody in, and whether the login is over', async () => {
  const shut: boolean[] = [];
  let close: (event: { readonly data: string; readonly code: number }) => void = () => {};
  let hear = close;
  const socket = {
    addEventListener(type: string, listener: typeof close) {
      if (type === 'close') close = listener;
      else hear = listener;
    },
    send() {},
    close() {},
  };
  const events = { onFrame() {}, onState() {}, onShut: (ended: boolean) => shut.push(ended) };
  const around = { open: () => socket, after: () => () => {}, now: () => 0, random: () => 1 };
  const line = new Line('', events, around);
  line.start();
  close({ data: '', code: 1006 });
  expect(shut).toEqual([false]);
  line.tryNow();
  hear({ data: '{"type":"ready","sent_ms":1}', code: 0 });
  close({ data: '', code: 1006 });
  expect(shut).toEqual([false]);
  line.tryNow();
  hear({ data: '{"type":"ready","sent_ms":1}', code: 0 });
  close({ data: '', code: 4401 });
  expect(shut).toEqual([false, true]);
});

test('a line that was stopped stays so', async () => {
  const { host } = await startWeb();
  const { line, heard, timers } = openLine(`ws://${host}/ws`);
  line.start();
  await heard(is('live'));
  line.stop();
  line.tryNow();
  expect(timers).toEqual([]);
});
