// One connected client. It has a budget of unsent bytes and no queue: when the budget is used up nothing more is sent,
// and when all has gone out it gets the newest of what changed after the last change it was sent.

import type { Duplex } from 'node:stream';
import { reasonOf } from '@ganglion/kernel';
import type { RawData, WebSocket } from 'ws';
import type { Entry, Fleet } from './fleet.ts';
import { plainOf } from './frames.ts';
import { messageOf } from './message.ts';

/** Bytes that may wait unsent for one client; at the first send past that, sending stops until all are out. */
export const UNSENT_BYTES_MAX = 262_144;

/** Machines in one round of plain messages. */
const ROUND_MACHINES_MAX = 200;

/** Bytes a client's message may have. */
export const HEARD_BYTES_MAX = 8_192;

/** Frames a client's message may come in. */
export const HEARD_FRAMES_MAX = 64;

/**
 * Messages, pings and unasked pongs a client may send between two checks of it; see `check`. In the 30 s that it usually is, a
 * key held down that walks from machine to machine thirty times a second stays below.
 */
export const HEARD_MESSAGES_MAX = 1_024;

/** What ws calls the end of a connection without a closing handshake. */
const NO_GOODBYE = 1006;

/** What is in our pings, and so in the answer to one. */
const QUESTION = Buffer.from('still there?');

/** Adds to a figure of the module's pulse. */
export type Count = (name: string, n?: number) => void;

/** What a client tells about itself. */
export interface ClientEvents {
  readonly count: Count;
  /** It sent what it may not, and is closed for it. */
  readonly onRefused: (what: string) => void;
  /** The socket is closed. Called once. */
  readonly onClose: (client: Client) => void;
}

/** What all clients have in common, whatever their dialect. */
export abstract class Client {
  protected readonly fleet: Fleet;
  protected readonly count: Count;
  /** The number of the last change of what it looks at that it was sent. */
  protected cursor = 0;
  /** The whole state was sent once. */
  protected whole = false;
  /** When it last took all it was sent, answered or spoke, by a clock that nobody sets. */
  #alive_ms = performance.now();
  #heard_messages = 0;
  /** It was asked for a sign of life, and has not answered yet. */
  #asked = false;
  /** It sent what it may not, or was told to go. */
  #dismissed = false;
  /** Its budget was used up, and what waits has not all gone out yet. */
  #behind = false;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #onRefused: (what: string) => void;
  #corked = false;

  /**
   * @param socket an open WebSocket with `autoPong` off
   * @param stream what carries it
   */
  constructor(fleet: Fleet, socket: WebSocket, stream: Duplex, { count, onRefused, onClose }: ClientEvents) {
    this.fleet = fleet;
    this.count = count;
    this.#socket = socket;
    this.#stream = stream;
    this.#onRefused = onRefused;
    socket.on('message', (data: RawData, binary: boolean) => {
      if (this.#heard(binary)) this.understand(data);
    });
    socket.on('ping', (data: Buffer) => {
      this.#heard(false);
      // Answered only while there is room, so that a client that pings and reads nothing fills no memory.
      if (!this.full) socket.pong(data);
    });
    socket.on('pong', (data: Buffer) => {
      if (!this.#asked || !data.equals(QUESTION)) {
        this.#heard(false);
        return;
      }
      this.#asked = false;
      this.#alive();
    });
    // Broken rules of the protocol: ws closes the socket with the right code itself, and reads no more.
    socket.on('error', (error) => {
      count('client_errors');
      this.#refuse(`a broken message (${reasonOf(error)})`);
    });
    socket.on('close', (code) => {
      // Without a goodbye, perhaps in the middle of a message.
      if (code === NO_GOODBYE && !this.#dismissed) count('clients_lost');
      onClose(this);
    });
    stream.on('drain', () => {
      this.#alive();
      this.#behind = false;
      this.catchUp();
    });
  }

  /** Sends what it has not seen, as much as it takes now. */
  abstract catchUp(): void;

  /** Whether so much waits unsent, or the socket is closing, that nothing more may be sent. */
  get full(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN || this.#socket.bufferedAmount > UNSENT_BYTES_MAX;
  }

  /** Takes what it says. Whatever it is, it is allowed. */
  protected understand(_data: RawData): void {}

  /** Checks whether it is still there: closes it when it gave no sign of life for `silence_ms`, else asks for one. */
  check(silence_ms: number): void {
    this.#heard_messages = 0;
    if (performance.now() - this.#alive_ms <= silence_ms) {
      if (this.full) return;
      this.#asked = true;
      this.#socket.ping(QUESTION);
    } else if (this.#socket.bufferedAmount > 0) {
      this.count('clients_closed_slow');
      this.close(1013, 'too slow: took nothing for too long');
    } else {
      this.count('clients_closed_dead');
      this.terminate();
    }
  }

  close(code: number, why: string): void {
    this.#dismissed = true;
    this.#socket.close(code, why);
  }

  /** Ends it at once, without a closing handshake. */
  terminate(): void {
    this.#dismissed = true;
    this.#socket.terminate();
  }

  /** Sends what `messageOf` has made; many clients may be sent the same bytes. */
  protected send(message: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // Past the library's own `send`, which writes a header for each client anew.
    this.#stream.write(message);
    if (this.#behind || this.#socket.bufferedAmount <= UNSENT_BYTES_MAX) return;
    this.#behind = true;
    this.count('clients_behind');
  }

  /** What is sent in the rest of this turn of the event loop leaves in one system call. */
  protected gather(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    process.nextTick(this.#uncork);
  }

  /** Analyses that a client gets to see no more when it is sent `entries` next. */
  protected passedOver(entries: readonly Entry[]): number {
    const last = entries.at(-1);
    return last === undefined || !this.whole ? 0 : last.serial - this.cursor - entries.length;
  }

  /** It was sent everything up to change number `serial`. */
  protected move(serial: number, folded: number): void {
    this.cursor = serial;
    if (folded > 0) this.count('folded', folded);
  }

  readonly #uncork = (): void => {
    this.#corked = false;
    this.#stream.uncork();
  };

  #alive(): void {
    this.#alive_ms = performance.now();
  }

  /** Returns whether it may say more. */
  #heard(binary: boolean): boolean {
    this.#alive();
    if (binary) {
      this.close(1008, 'nothing binary is understood here');
      this.#refuse('a binary message');
    } else if (++this.#heard_messages > HEARD_MESSAGES_MAX) {
      this.close(1008, 'too many messages');
      this.#refuse('one message too many');
    } else {
      this.count('client_messages');
      return !this.#dismissed;
    }
    return false;
  }

  #refuse(what: string): void {
    this.#dismissed = true;
    this.#onRefused(what);
  }
}

/** A client that named no subprotocol: one JSON object an analysis. */
export class PlainClient extends Client {
  catchUp(): void {
    while (!this.full) {
      const entries = this.fleet.since(this.cursor, ROUND_MACHINES_MAX);
      const last = entries.at(-1);
      if (last === undefined) break;
      this.gather();
      for (const { state } of entries) {
        const plain = plainOf(state);
        if (plain !== undefined) this.send(messageOf(plain));
      }
      this.move(last.serial, this.passedOver(entries));
    }
    this.whole ||= this.cursor === this.fleet.serial;
  }

  /** Passes over a change that this dialect has no words for. */
  pass(entry: Entry): void {
    if (this.cursor === entry.serial - 1) this.move(entry.serial, 0);
  }

  /** Takes one change at once. `message` is what the entry says, made once for all clients. */
  change(entry: Entry, message: Buffer): void {
    // Behind by more than this one: it catches up when its line is free.
    if (this.cursor !== entry.serial - 1 || this.full) return;
    this.gather();
    this.send(message);
    this.move(entry.serial, 0);
  }
}
