// The floor under the page's server: plain `ws`, which sends the frames of a recording to all its clients, each at the moment
// at which it went out when it was recorded. It starts when as many clients are there as it waits for.

import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { PAGE_PROTOCOL } from '../../modules/web/wire/frames.ts';
import { readRecording } from './recording.ts';

const [path = '', count = ''] = process.argv.slice(2);
const frames = readRecording(path);
const first_ms = frames[0]?.at_ms ?? 0;

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: false,
  handleProtocols: () => PAGE_PROTOCOL,
});

server.on('connection', () => {
  if (server.clients.size === Number(count)) play(Date.now());
});

function play(start_ms: number): void {
  let next = 0;
  const turn = () => {
    const passed_ms = Date.now() - start_ms;
    for (; next < frames.length; next++) {
      const { at_ms, data, binary } = frames[next] as (typeof frames)[number];
      const due_ms = at_ms - first_ms;
      if (due_ms > passed_ms) {
        setTimeout(turn, due_ms - passed_ms);
        return;
      }
      for (const client of server.clients) client.send(data, { binary });
    }
  };
  turn();
}

process.on('SIGTERM', () => process.exit());
server.once('listening', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  console.log('ready');
});
