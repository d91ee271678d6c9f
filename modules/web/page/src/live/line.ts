// The line to the server: one WebSocket, opened again by itself when it breaks.

import { type Frame, PAGE_PROTOCOL, PASS_ENDED } from '../../../wire/frames.ts';
import { readFrame } from './frame.ts';

/** How the line is. Times are epoch milliseconds of this browser's clock. */
export type LineState =
  /** The first opening is under way. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** It is cut; the next try is made at `retry_ms`, or is under way. */
  | { readonly kind: 'cut'; readonly since_ms: number; readonly retry_ms: number };

/** Waits between two tries: doubled each time, from the first to the last, and each shortened by chance to a half. */
export const RETRY_FIRST_MS = 400;
export const RETRY_LAST_MS = 10_000;

/** A line on which nothing came for so long is cut: the server sends a beat each second. */
export const SILENCE_MAX_MS = 10_000;

/** What the line needs of a WebSocket. */
export interface Socket {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  send(text: string): void;
  close(): void;
}

/** What the line needs of its surroundings; a test brings its own. */
export interface Surroundings {
  open(url: string, protocol: string): Socket;
  /** Calls `run` once after `wait_ms`; returns what takes it back. */
  after(wait_ms: number, run: () => void): () => void;
  now(): number;
  /** 0 to 1. */
  random(): number;
}

export interface LineEvents {
  onFrame(frame: Frame, arrived_ms: number): void;
  onState(state: LineState): void;
  /** The server let nobody in: the login is over if `ended`, and may be over if it is not. */
  onShut?(ended: boolean): void;
}

export class Line {
  readonly #url: string;
  readonly #events: LineEvents;
  readonly #around: Surroundings;
  #socket: Socket | undefined;
  #tries = 0;
  #heard_ms = 0;
  #cut_ms: number | undefined;
  #cancelRetry = () => {};
  #cancelWatch = () => {};
  #stopped = false;
  /** The socket is open: something came. */
  #hears = false;

  constructor(url: string, events: LineEvents, around: Surroundings = browser) {
    this.#url = url;
    this.#events = events;
    this.#around = around;
  }

  /** Opens the line, and opens it again whenever it breaks. */
  start(): void {
    this.#events.onState({ kind: 'connecting' });
    this.#open();
  }

  /** Does not wait for the next try, if one is waited for: the network is back, or somebody looks. */
  tryNow(): void {
    if (this.#socket !== undefined || this.#stopped) return;
    this.#cancelRetry();
    this.#open();
  }

  /** Sends a text; while the line is cut it is let go, since what a client says holds for one socket alone. */
  send(text: string): void {
    if (this.#hears) this.#socket?.send(text);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry();
    this.#drop();
  }

  #open(): void {
    const socket = this.#around.open(this.#url, PAGE_PROTOCOL);
    this.#socket = socket;
    this.#heard_ms = this.#around.now();
    this.#hears = false;
    // What a socket that was given up still says is not heard.
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.#socket) return;
      this.#hears = true;
      this.#take(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket !== this.#socket) return;
      const heard = this.#hears;
      this.#broken();
      // A browser does not tell why a socket was not opened.
      if (!heard || code === PASS_ENDED) this.#events.onShut?.(code === PASS_ENDED);
    });
    this.#watch();
  }

  #take(data: unknown): void {
    this.#heard_ms = this.#around.now();
    const frame = readFrame(data);
    if (frame === undefined) return;
    this.#events.onFrame(frame, this.#heard_ms);
    // Live is who has the whole state, not who has a connection.
    if (frame.type !== 'ready') return;
    this.#tries = 0;
    this.#cut_ms = undefined;
    this.#events.onState({ kind: 'live' });
  }

  /** A browser does not notice a line that went dead without a word; this does. */
  #watch(): void {
    this.#cancelWatch = this.#around.after(SILENCE_MAX_MS / 4, () => {
      if (this.#around.now() - this.#heard_ms > SILENCE_MAX_MS) this.#broken();
      else this.#watch();
    });
  }

  #broken(): void {
    this.#drop();
    if (this.#stopped) return;
    const wait_ms = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#tries) * (0.5 + this.#around.random() / 2);
    this.#tries++;
    const now_ms = this.#around.now();
    // What is shown is from when something came last, which may be long before the break was noticed.
    this.#cut_ms ??= this.#heard_ms;
    this.#cancelRetry = this.#around.after(wait_ms, () => this.#open());
    this.#events.onState({ kind: 'cut', since_ms: this.#cut_ms, retry_ms: now_ms + wait_ms });
  }

  #drop(): void {
    this.#cancelWatch();
    this.#hears = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

const browser: Surroundings = {
  open(url, protocol) {
    const socket = new WebSocket(url, protocol);
    socket.binaryType = 'arraybuffer';
    return socket;
  },
  after(wait_ms, run) {
    const timer = setTimeout(run, wait_ms);
    return () => clearTimeout(timer);
  },
  now: () => Date.now(),
  random: () => Math.random(),
};
