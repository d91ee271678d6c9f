// A link: one connection that is opened when it is first needed, and opened again for as long as the bus is, at another
// node where there is one.

import { CodedError, reasonOf } from '@ganglion/kernel';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import { brokerLost } from './errors.ts';
import { type Backoff, repeat } from './retry.ts';
import { type Broker, nextAfter } from './url.ts';

export interface LinkOptions extends ConnectionOptions {
  readonly backoff: Backoff;
  /** Puts a new connection to use, after so long without one; the link is up when this resolves. */
  readonly serve: (connection: Connection, away_ms: number) => Promise<void>;
  /** Called when it has come up or gone down. */
  readonly onChange: () => void;
  /** Called with what ended a connection or an attempt at one. */
  readonly onFailure: (error: CodedError) => void;
}

export class Link {
  readonly #options: LinkOptions;
  /** Its nodes in the order in which they are tried next. */
  #broker: Broker;
  /** Ends the loop. */
  readonly #over = new AbortController();
  /** Ends an attempt to connect that is under way. */
  readonly #giving_up = new AbortController();
  #running: Promise<void> | undefined;
  #connection: Connection | undefined;
  #up = false;
  #why = 'not connected yet';
  #down_since_ms = performance.now();
  #waiting: (() => void)[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#broker = options.broker;
  }

  /** Whether anything needs it. */
  get started(): boolean {
    return this.#running !== undefined;
  }

  /** Whether it is in use. */
  get up(): boolean {
    return this.#up;
  }

  /** Why it is not, when it is not. */
  get why(): string {
    return this.#why;
  }

  /** Begins to connect. Safe to call again. */
  start(): void {
    if (this.started) return;
    this.#down_since_ms = performance.now();
    this.#running = repeat(
      this.#over.signal,
      this.#options.backoff,
      () => this.#session(),
      (error) => this.#options.onFailure(this.#codedOf(error)),
    );
  }

  /**
   * Resolves when it is in use and the broker answers on it, or at once when nothing needs it. When one connection has
   * been lost, another may be too without our having noticed yet.
   */
  async whenAnswering(): Promise<void> {
    if (!this.started) return;
    try {
      if (this.#up) {
        const channel = await this.#connection?.model.createChannel();
        await channel?.close();
        return;
      }
    } catch {
      // It has ended; its successor will do.
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Closes it for good, in order if the broker answers. Safe to call twice. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#connection?.close();
    this.#giving_up.abort();
    await this.#running;
  }

  async #session(): Promise<void> {
    let connection: Connection | undefined;
    try {
      connection = await openConnection({ ...this.#options, broker: this.#broker }, this.#giving_up.signal);
      this.#connection = connection;
      this.#broker = nextAfter(this.#broker, connection.node);
      const away_ms = performance.now() - this.#down_since_ms;
      const ended = connection.ended.then((error) => {
        throw error;
      });
      await Promise.race([this.#options.serve(connection, away_ms), ended]);
      this.#options.backoff.opened();
      this.#change(true, '');
      await ended;
    } catch (error) {
      this.#change(false, this.#codedOf(error).message);
      throw error;
    } finally {
      this.#connection = undefined;
      await connection?.close();
    }
  }

  #change(up: boolean, why: string): void {
    this.#why = why;
    if (up) for (const resolve of this.#waiting.splice(0)) resolve();
    else if (this.#up) this.#down_since_ms = performance.now();
    this.#up = up;
    this.#options.onChange();
  }

  #codedOf(error: unknown): CodedError {
    return error instanceof CodedError ? error : brokerLost(this.#options.broker.shown, reasonOf(error), error);
  }
}
