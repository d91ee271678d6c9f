// What the page knows: the fleet, and how it stands with the server that tells of it. Frames go in as they arrive.

import { PATIENCE_MS } from '@ganglion/topics/life';
import type { Bus, Frame, HelloFrame, Machine } from '../../../wire/frames.ts';
import { type Alerted, alertedAfter, NOTHING_ALERTED } from './alerted.ts';
import { Fleet } from './fleet.ts';

/**
 * A server that has just started knows no machine yet. What it does not name is shown on, as what it was, until the
 * server is this old.
 */
export const YOUNG_SERVER_MS = 15_000;

/** What the last analyzer has said may be heard so long after it was told to be gone. */
const LAST_ANALYSES_MS = 1_000;

/** A server whose bus was there when it started has it this soon. */
const FIRST_CONNECTION_MS = 1_000;

export class Store {
  readonly fleet = new Fleet();
  hello: HelloFrame | undefined;
  bus: Bus | undefined;
  alerted: Alerted = NOTHING_ALERTED;
  /** Since when no analyzer of ours is there, and since when one is back; undefined when it never was so. */
  #analyzers_gone_ms: number | undefined;
  #analyzers_back_ms: number | undefined;
  /** The server's clock in the newest frame, epoch milliseconds: how far what is known goes. */
  now_ms = 0;
  /** Whether the whole state has been here once. */
  ready = false;
  /** Analyses that newer ones overtook on the way here. */
  folded = 0;
  /** There may be machines that the server did not name since its last `hello`. */
  #unnamed_left = false;

  apply(frame: Frame): void {
    this.now_ms = frame.sent_ms;
    switch (frame.type) {
      case 'hello':
        this.hello = frame;
        this.bus = frame.bus;
        this.#analyzers_gone_ms = undefined;
        this.#unnamed_left = false;
        this.fleet.beginState();
        break;
      case 'machines':
        this.fleet.learn(frame);
        this.folded += frame.folded ?? 0;
        break;
      case 'figures':
        this.fleet.apply(frame);
        this.folded += frame.folded ?? 0;
        break;
      case 'peaks':
        this.fleet.recall(frame);
        break;
      case 'ready':
        this.ready = true;
        this.#unnamed_left = true;
        // What is open is told next, if the server has heard of any.
        this.alerted = NOTHING_ALERTED;
        break;
      case 'bus':
        this.bus = frame.bus;
        break;
      case 'alerted':
        this.alerted = alertedAfter(this.alerted, frame);
        break;
      case 'analyzers':
        if (frame.gone_since_ms === undefined && this.#analyzers_gone_ms !== undefined)
          this.#analyzers_back_ms = frame.sent_ms;
        this.#analyzers_gone_ms = frame.gone_since_ms;
        break;
    }
    if (!this.#unnamed_left || this.heard_since_ms + YOUNG_SERVER_MS >= this.now_ms) return;
    this.#unnamed_left = false;
    this.fleet.forgetUnnamed();
  }

  /** Takes in how all machines were at a moment, later than the one before. */
  recall(at_ms: number, machines: readonly Machine[]): void {
    this.now_ms = at_ms;
    this.ready = true;
    this.fleet.beginState();
    this.fleet.learn({ type: 'machines', sent_ms: at_ms, machines });
    this.fleet.forgetUnnamed();
  }

  /** Holds no more machines than the server. */
  tidy(): void {
    if (this.hello !== undefined) this.fleet.keepWithin(this.hello.machines_max);
  }

  /** Since when the server has been able to hear what machines say, by its clock. */
  get heard_since_ms(): number {
    return Math.max(this.hello?.started_ms ?? 0, this.bus?.since_ms ?? 0);
  }

  /** Since when nobody judges, so that nothing is heard of any machine; undefined while somebody does, whoever that is. */
  get unjudged_since_ms(): number | undefined {
    const gone_ms = this.#analyzers_gone_ms;
    return gone_ms !== undefined && this.fleet.newest_ms <= gone_ms + LAST_ANALYSES_MS ? gone_ms : undefined;
  }

  /**
   * Since when a machine that is not heard is silent of its own. When the bus was away the others come back to it one by
   * one, and are not late meanwhile.
   */
  get silence_since_ms(): number {
    const { hello, bus } = this;
    const was_away = bus !== undefined && hello !== undefined && bus.since_ms > hello.started_ms + FIRST_CONNECTION_MS;
    const back_ms = this.#analyzers_back_ms ?? Number.NEGATIVE_INFINITY;
    return Math.max(this.heard_since_ms + (was_away ? PATIENCE_MS : 0), back_ms + PATIENCE_MS);
  }
}
