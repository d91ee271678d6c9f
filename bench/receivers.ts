// Who takes what the exporter hands over: as little as a program can do that takes it.

import { createServer as createHttpServer, get } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Someone who takes figures. */
export interface Receiver {
  /** What tells the exporter of it. */
  readonly flags: readonly string[];
  /** The bytes that were taken so far. */
  taken(): number;
  close(): Promise<void>;
}

/** Asks for `/metrics`, as Prometheus does. */
export async function openAsker(interval_ms: number): Promise<Receiver> {
  const port = await freePort();
  let bytes = 0;
  const timer = setInterval(() => {
    const headers = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' };
    // Not there yet, or not any more.
    get({ host: '127.0.0.1', port, path: '/metrics', headers }, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
    }).on('error', () => {});
  }, interval_ms);
  return {
    flags: ['--metrics-port', String(port)],
    taken: () => bytes,
    close: async () => clearInterval(timer),
  };
}

/** Takes what a format posts. */
export async function openTaker(section: string): Promise<Receiver> {
  let bytes = 0;
  const server = createHttpServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.writeHead(204).end());
  });
  const { port, close } = await listen(server);
  return { flags: [`--exporter.${section}.url`, `http://127.0.0.1:${port}/`], taken: () => bytes, close };
}

/** Takes lines of text. */
export async function openLines(): Promise<Receiver> {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
  });
  const { port, close } = await listen(server);
  const flags = ['--exporter.graphite.host', '127.0.0.1', '--exporter.graphite.port', String(port)];
  return { flags, taken: () => bytes, close };
}

/** Takes connections, reads nothing and never answers. */
export async function openSilent(section: string, buffer_bytes: number): Promise<Receiver> {
  const server = createServer({ pauseOnConnect: true }, (socket) => socket.on('error', () => {}));
  const { port, close } = await listen(server);
  const flags = [`--exporter.${section}.url`, `http://127.0.0.1:${port}/`];
  return { flags: [...flags, `--exporter.${section}.buffer-bytes`, String(buffer_bytes)], taken: () => 0, close };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const { port, close } = await listen(createServer());
  await close();
  return port;
}

async function listen(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of open) socket.destroy();
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  return { port: (server.address() as AddressInfo).port, close };
}
