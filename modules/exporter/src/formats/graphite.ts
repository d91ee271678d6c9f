// Graphite, by plain text over TCP: `ganglion.db-01_example_com.disks.vda.read_bytes_per_second 1 1700000000`, or with tags.
// https://graphite.readthedocs.io/en/stable/feeding-carbon.html

import { connect, type Socket } from 'node:net';
import { reasonOf } from '@ganglion/kernel';
import Type from 'typebox';
import type { Figure, Label } from '../figures.ts';
import type { Named, Snapshot } from '../fleet.ts';
import { defineFormat } from '../format.ts';
import { Made } from '../made.ts';
import { NotTaken, PACE, Pusher, type Writer } from '../pusher.ts';
import { fieldOf } from '../unit.ts';

export const graphite = defineFormat({
  name: 'graphite',
  config: Type.Object(
    {
      host: Type.String({ default: '', maxLength: 255, description: 'Where carbon listens; nowhere when it is empty' }),
      port: Type.Integer({ default: 2003, minimum: 1, maximum: 65_535, description: 'And on which port' }),
      prefix: Type.String({
        default: 'ganglion',
        pattern: '^[A-Za-z0-9_.-]*$',
        maxLength: 200,
        description: 'The front of every name',
      }),
      tags: Type.Boolean({
        default: false,
        description: 'Whether machines and items are tags (Graphite 1.1) instead of parts of the name',
      }),
      ...PACE,
    },
    { additionalProperties: false, default: {} },
  ),
  open: (config, tools) => {
    if (config.host === '') return undefined;
    const line = new Line(config.host, config.port);
    const outlet = {
      name: 'graphite',
      writer: new PlainWriter((config.tags ? tagged : pathed)(config.prefix === '' ? '' : `${config.prefix}.`)),
      wants_ends: false,
      send: (message: Uint8Array, signal: AbortSignal) => line.send(message, signal),
      close: () => line.close(),
    };
    return new Pusher(outlet, config, tools);
  },
});

/** How a name is put together: what comes before the machine's part, that part, and what comes after it. */
interface Naming {
  before(figure: Figure): string;
  machine(named: Named): string;
  after(figure: Figure): string;
}

/** `prefix.machine.resource.item.field`; in a name a dot would be a folder. */
function pathed(front: string): Naming {
  return {
    before: () => front,
    machine: ({ name }) => `${step(name)}.`,
    after: ({ resource, labels, stem, unit }) =>
      [resource, ...labels.map(([, value]) => value), fieldOf(stem, unit) || 'value'].map(step).join('.'),
  };
}

/** `prefix.resource.field;machine=db-01;site=a;device=vda`. Of two tags of one name the later counts: that of the item. */
function tagged(front: string): Naming {
  return {
    before: ({ resource, stem, unit }) => front + [resource, fieldOf(stem, unit) || 'value'].map(step).join('.'),
    machine: ({ name, labels }) => [...labels, ['machine', name] as const].map(tag).join(''),
    after: ({ labels }) => labels.map(tag).join(''),
  };
}

function step(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_') || '_';
}

function tag([name, value]: Label): string {
  // A value must not be empty, hold a `;`, or begin with `~`.
  const plain = value.replace(/[;\s]/g, '_').replace(/^~/, '_');
  return `;${name.replace(/[^A-Za-z0-9_-]/g, '_')}=${plain || '_'}`;
}

class PlainWriter implements Writer {
  readonly #machines: Made<Named, string>;
  readonly #figures: Made<Figure, { readonly before: string; readonly after: string }>;
  #text = '';

  constructor({ before, machine, after }: Naming) {
    this.#machines = new Made(machine);
    this.#figures = new Made((figure) => ({ before: before(figure), after: after(figure) }));
  }

  get size(): number {
    return this.#text.length;
  }

  add({ machine, figures, values, time_ms }: Snapshot): void {
    const of_machine = this.#machines.of(machine);
    const seconds = Math.floor(time_ms / 1_000);
    let text = '';
    for (let i = 0; i < figures.length; i++) {
      const figure = figures[i] as Figure;
      // It says something by labels alone, and a name has none.
      if (figure.is_info) continue;
      const { before, after } = this.#figures.of(figure);
      text += `${before}${of_machine}${after} ${values[i]} ${seconds}\n`;
    }
    this.#text += text;
  }

  take(): Uint8Array {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return bytes;
  }
}

/** One connection, made when there is something to send. Carbon answers nothing: what the network has taken is taken. */
class Line {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async send(message: Uint8Array, signal: AbortSignal): Promise<undefined> {
    const socket = this.#socket ?? (await this.#connect(signal));
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        socket.destroy();
        end();
        reject(new NotTaken(why));
      };
      const onAbort = () => fail('it was not taken in time');
      const onClose = () => fail('the connection was closed');
      const end = () => {
        signal.removeEventListener('abort', onAbort);
        socket.off('close', onClose);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('close', onClose);
      socket.write(message, (error) => {
        if (error) return fail(reasonOf(error));
        end();
        resolve(undefined);
      });
    });
  }

  close(): void {
    this.#socket?.end();
    this.#socket?.destroySoon();
  }

  #connect(signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port });
      const onAbort = () => socket.destroy(new Error('no connection in time'));
      signal.addEventListener('abort', onAbort, { once: true });
      const done = () => signal.removeEventListener('abort', onAbort);
      socket.on('error', (error) => {
        done();
        reject(new NotTaken(reasonOf(error)));
      });
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined;
      });
      // Whatever it says, nobody reads; that it has ended is to be noticed.
      socket.resume();
      socket.on('connect', () => {
        done();
        this.#socket = socket;
        resolve(socket);
      });
    });
  }
}
