// A line to a broker that can be cut: a relay on the loopback interface between a client and a port. So an outage is
// had in a millisecond, and for the clients of one test alone.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { takePorts } from './ports.ts';

/** A line that can be cut. */
export interface Line {
  /** The URL it was made with, leading over this line. */
  readonly url: string;
  /** Ends all connections and refuses new ones, as a broker that is down. */
  cut(): Promise<void>;
  /** Lets nothing pass any more, but keeps connections and takes new ones, as a broker or a network that hangs. */
  freeze(): void;
  /** Lets everything pass again. After `freeze`, also what was held. */
  restore(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/**
 * Starts a line to the host and port of `url`.
 *
 * @param url of any protocol, with a port
 */
export async function startLine(url: string): Promise<Line> {
  const far = new URL(url);
  const hold = await takePorts(1);
  const [port = 0] = hold.ports;
  const relays = new Set<Relay>();
  let server: Server | undefined;
  let frozen = false;

  const open = async () => {
    server = createServer((near) => {
      const relay = new Relay(near, connect(Number(far.port), far.hostname));
      relays.add(relay);
      near.on('close', () => relays.delete(relay));
      if (!frozen) relay.flow();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async () => {
    const closing = server;
    server = undefined;
    for (const relay of relays) relay.end();
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };

  await open();
  const near_url = new URL(url);
  near_url.hostname = '127.0.0.1';
  near_url.port = String(port);
  return {
    url: near_url.href,
    cut,
    freeze() {
      frozen = true;
      for (const relay of relays) relay.hold();
    },
    async restore() {
      frozen = false;
      if (server === undefined) await open();
      for (const relay of relays) relay.flow();
    },
    async close() {
      await cut();
      hold.release();
    },
  };
}

/** One connection over the line. */
class Relay {
  readonly #near: Socket;
  readonly #far: Socket;
  #flows = false;

  constructor(near: Socket, far: Socket) {
    this.#near = near;
    this.#far = far;
    for (const socket of [near, far]) {
      socket.setNoDelay();
      socket.on('error', () => this.end()); // Told to both sides by the end of the connection.
      socket.on('close', () => this.end());
    }
  }

  flow(): void {
    if (this.#flows) return; // Piped twice, everything would arrive twice.
    this.#flows = true;
    this.#near.pipe(this.#far);
    this.#far.pipe(this.#near);
  }

  hold(): void {
    this.#flows = false;
    this.#near.unpipe(this.#far);
    this.#far.unpipe(this.#near);
  }

  end(): void {
    this.#near.destroy();
    this.#far.destroy();
  }
}
