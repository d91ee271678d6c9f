// The driver stands at both ends: it publishes measures with bare amqplib, and takes what comes back at the end of a lane.
// It is the same for the bare loop and for ours, so what it costs counts against both.

import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { WebSocket } from 'ws';
import { unpack } from '../modules/web/wire/columns.ts';
import { type Frame, PAGE_PROTOCOL } from '../modules/web/wire/frames.ts';
import { now_ms } from './clock.ts';
import { LIVE } from './queues.ts';
import { measureOf } from './sample.ts';

/** Machines that the driver plays at most. */
export const MACHINES_MAX = 3_000;

/** What a lane may take until the first measure has come through. */
const LANE_START_MS = 15_000;

/** How long the driver waits for what is still missing: since the last arrival. */
const DRAIN_MS = 3_000;

/** A way from the driver through a system under measurement and back. */
export interface Lane {
  /** The exchange that its measures are published to. */
  readonly exchange: string;
  /** Ends the receiving end. */
  close(): Promise<void>;
}

/** Called with the serial of a measure whose answer has arrived. */
type OnArrival = (serial: number) => void;

/**
 * Each measure has a serial, which travels as the milliseconds of its `time`: that is carried along by every system on
 * every hop. So an answer can be told from all others, and nothing needs to be added to a message. The first is measured an
 * hour before now, so that the rest is never in the future; in the page's dialect it is at most some weeks.
 */
const BEFORE_NOW_MS = 3_600_000;

export class Driver {
  readonly #time_of_first_ms = Date.now() - BEFORE_NOW_MS;
  readonly #url: string;
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #bodies = Array.from({ length: MACHINES_MAX }, (_, machine) =>
    Buffer.from(JSON.stringify(measureOf(machine))),
  );
  #serial = 0;
  #first_serial = 0;
  #arrived = 0;
  #last_arrival_ms = 0;
  #onArrival: OnArrival = () => {};

  private constructor(url: string, connection: ChannelModel, channel: ConfirmChannel) {
    this.#url = url;
    this.#connection = connection;
    this.#channel = channel;
  }

  static async open(url: string): Promise<Driver> {
    const connection = await connect(url, { noDelay: true });
    return new Driver(url, connection, await connection.createConfirmChannel());
  }

  /** The broker's version, as it says. */
  get broker_version(): string {
    const { version } = this.#connection.connection.serverProperties;
    return version;
  }

  /** Publishes the measure of one machine, with the properties that the tracker's have; returns its serial. */
  publish(lane: Lane, machine: number): number {
    const serial = this.#serial++;
    const name = `machine-${machine}.example.com`;
    this.#channel.publish(
      lane.exchange,
      `${name}.measure`,
      this.#bodies[machine] as Buffer,
      {
        persistent: true,
        messageId: `tracker-0a1b@${name}/${serial}`,
        appId: `tracker-0a1b@${name}`,
        type: 'measure',
        contentType: 'application/json',
        headers: {
          time: new Date(this.#time_of_first_ms + serial).toISOString(),
          hops: `[["tracker-0a1b@${name}",${Date.now()}]]`,
        },
      },
      () => {},
    );
    return serial;
  }

  /** From now on `onArrival` is told of every answer to a measure that is published after this; returns its serial. */
  listen(onArrival: OnArrival): number {
    this.#first_serial = this.#serial;
    this.#arrived = 0;
    this.#onArrival = onArrival;
    return this.#first_serial;
  }

  /** Waits until all that was published since `listen` is answered, or no answer has come for {@link DRAIN_MS}. */
  async drain(): Promise<void> {
    this.#last_arrival_ms = now_ms();
    while (this.#first_serial + this.#arrived < this.#serial && now_ms() - this.#last_arrival_ms < DRAIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * A lane whose answers come from a queue on its exchange, as to any bare consumer.
   *
   * @param onMessage gets the source of each instead, for messages that answer nothing
   */
  async overQueue(exchange: string, pattern = '#.analysis', onMessage?: (source: string) => void): Promise<Lane> {
    const connection = await connect(this.#url, { noDelay: true });
    const channel = await connection.createChannel();
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await channel.assertQueue('', LIVE);
    await channel.bindQueue(queue, exchange, pattern);
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return;
        const { routingKey } = message.fields;
        if (onMessage !== undefined) onMessage(routingKey.slice(0, routingKey.lastIndexOf('.')));
        else this.#heard(Date.parse(message.properties.headers?.['time']));
      },
      { noAck: true },
    );
    return { exchange, close: () => connection.close() };
  }

  /** A lane whose answers come through the web server's WebSocket, in the plain dialect or the page's. */
  async overWebSocket(exchange: string, port: number, dialect: 'plain' | 'page'): Promise<Lane> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, dialect === 'page' ? [PAGE_PROTOCOL] : [], {
      perMessageDeflate: false,
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('message', (data: Buffer, binary: boolean) => {
      const told: unknown = binary ? unpack(Uint8Array.from(data).buffer) : JSON.parse(data.toString());
      for (const time_ms of dialect === 'page' ? timesInFrame(told) : [timeOf(told)]) this.#heard(time_ms);
    });
    return {
      exchange,
      close: () => new Promise((resolve) => socket.once('close', () => resolve()).close()),
    };
  }

  /** Publishes now and then until an answer comes: from then on the lane carries everything. */
  async tryOut(lane: Lane): Promise<void> {
    const deadline_ms = now_ms() + LANE_START_MS;
    this.listen(() => {});
    while (this.#arrived === 0) {
      if (now_ms() > deadline_ms) throw new Error(`nothing came through ${lane.exchange} in ${LANE_START_MS} ms`);
      this.publish(lane, 0);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #heard(time_ms: number): void {
    const serial = time_ms - this.#time_of_first_ms;
    // What comes late belongs to nothing that is measured now; so does the state that a WebSocket begins with.
    if (serial < this.#first_serial) return;
    this.#arrived++;
    this.#last_arrival_ms = now_ms();
    this.#onArrival(serial);
  }
}

/** When an analysis in the plain dialect was measured. */
function timeOf(told: unknown): number {
  return typeof told === 'object' && told !== null && 'time' in told ? Date.parse(String(told.time)) : Number.NaN;
}

/** When the machines in a frame of the page's dialect were measured. */
function timesInFrame(told: unknown): number[] {
  if (typeof told !== 'object' || told === null || !('type' in told)) return [];
  const frame = told as Frame;
  if (frame.type === 'machines') return frame.machines.map(({ time_ms }) => time_ms);
  if (frame.type !== 'figures') return [];
  const { sent_ms, waited_ms, late_ms } = frame;
  return Array.from(late_ms, (late, row) => sent_ms - (waited_ms[row] ?? 0) - late);
}
