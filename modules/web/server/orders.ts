// What a client wants done about alerts: checked here, signed with who it is, and passed on for who keeps alerts to obey.

import { CodedError, checkPattern } from '@ganglion/kernel';
import type { Order } from '@ganglion/topics';
import type { Ask } from '../wire/frames.ts';
import type { Pass } from './access/access.ts';
import type { AlertBook } from './alerts.ts';

/** Orders that are on their way to the bus at once. */
export const ORDERS_MAX = 100;

/** The longest silence. */
const SILENCE_MS_MAX = 366 * 86_400_000;

/** Who it is said to be where nobody has to log in and nobody says a name. */
const SOMEONE = 'someone on the page';

export interface OrdersOptions {
  readonly book: AlertBook;
  readonly bus: { readonly status: { readonly connected: boolean } };
  /** Publishes an order; resolves to whether the bus has taken it over. */
  readonly publish: (order: Order) => Promise<boolean>;
}

export class Orders {
  readonly #options: OrdersOptions;
  #on_their_way = 0;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** Passes an order on; resolves to why it was not, in a sentence, or to undefined. */
  async pass(ask: Ask, { kind, who }: Pass, may_order: boolean): Promise<string | undefined> {
    if (!may_order) return kind === 'link' ? 'A link shows alerts, and changes nothing.' : 'Only an admin may do that.';
    const order = this.#orderOf(ask, kind === 'session' ? who : ask.by?.trim() || SOMEONE, Date.now());
    if (typeof order === 'string') return order;
    if (!this.#options.bus.status.connected) return 'The broker is away: nothing can be passed on now.';
    if (this.#on_their_way >= ORDERS_MAX) return `${ORDERS_MAX} orders are on their way already; try again.`;
    this.#on_their_way++;
    try {
      return (await this.#options.publish(order)) ? undefined : 'It could not be passed on.';
    } finally {
      this.#on_their_way--;
    }
  }

  /** The order, or why it cannot be one. */
  #orderOf(ask: Ask, by: string, now_ms: number): Order | string {
    const { why } = ask;
    const said = { by, ...(why !== undefined && why.trim() !== '' && { why: why.trim() }) };
    if (ask.do === 'end_silence') return { order: 'end_silence', id: ask.id, ...said };
    if (ask.do === 'acknowledge') {
      const { machine, id, incident, undo } = ask;
      const row = this.#options.book.find(machine, id);
      if (row === undefined || row.until_ms !== undefined) return 'That alert is not open any more.';
      const all = incident === true && { incident };
      return { order: 'acknowledge', machine, id, ...all, ...(undo === true && { undo }), ...said };
    }
    const { id, machines, rules, resources, from_ms, until_ms } = ask;
    try {
      checkPattern(machines);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return `${error.message}.`;
    }
    if (until_ms <= Math.max(now_ms, from_ms)) return 'A silence has to end later than now, and later than it begins.';
    if (until_ms > now_ms + SILENCE_MS_MAX) return 'A silence lasts a year at most.';
    const only = {
      ...(rules !== undefined && { rules: [...rules] }),
      ...(resources !== undefined && { resources: [...resources] }),
    };
    return { order: 'silence', silence: { id, machines, ...only, from_ms, until_ms, ...said, time_ms: now_ms } };
  }
}
