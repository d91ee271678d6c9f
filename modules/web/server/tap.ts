// Listening in on what passes, for one client that may.

import { type Context, type Envelope, readHops, readTime, type Subscription } from '@ganglion/kernel';
import { TAP_BODY_CHARACTERS_MAX, type TapLook, type Tapped } from '../wire/frames.ts';
import { writeFrame } from './frames.ts';
import type { PageClient } from './page-client.ts';

/** Messages wait so long to go out together. */
const FOLD_MS = 100;

/** The longest time between two frames. */
const SIGN_MS = 1_000;

/** Messages that wait for us on the bus. */
const LIMIT_MESSAGES = 1_000;

/** Characters of bodies in one frame; what is beyond is left out. */
const FRAME_CHARACTERS_MAX = 262_144;

/** Bytes that a character takes at most in UTF-8. */
const CHARACTER_BYTES_MAX = 4;

export class Tap {
  readonly #client: PageClient;
  readonly #look: TapLook;
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  #messages: Tapped[] = [];
  #characters = 0;
  #left_out = 0;
  /** Messages that may be shown now: one more each `1 / per_second`, up to a second's. */
  #tokens: number;
  #refilled_ms = performance.now();
  #told_ms = Number.NEGATIVE_INFINITY;

  /** @throws CodedError `PATTERN_INVALID` */
  constructor(client: PageClient, look: TapLook, tap: Context['tap']) {
    this.#client = client;
    this.#look = look;
    this.#tokens = look.per_second;
    const onDrop = () => {
      this.#left_out++;
    };
    this.#subscription = tap(look.pattern, { limit_messages: LIMIT_MESSAGES, onDrop }, (envelope) =>
      this.#hear(envelope),
    );
    this.#timer = setInterval(() => this.#tell(), FOLD_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    // The bus may be away; then there is nothing to unbind.
    this.#subscription.cancel().catch(() => {});
  }

  #hear({ key, payload, properties }: Envelope): void {
    const now_ms = performance.now();
    const { per_second } = this.#look;
    this.#tokens = Math.min(per_second, this.#tokens + ((now_ms - this.#refilled_ms) * per_second) / 1_000);
    this.#refilled_ms = now_ms;
    if (this.#tokens < 1 || this.#characters > FRAME_CHARACTERS_MAX) {
      this.#left_out++;
      return;
    }
    this.#tokens--;
    const text = textOf(payload);
    this.#characters += text.length;
    const { id, sender, time, hops } = properties;
    const time_ms = readTime(time);
    this.#messages.push({
      key,
      ...(sender !== undefined && { sender }),
      ...(id !== undefined && { id }),
      ...(time_ms !== undefined && { time_ms }),
      received_ms: Date.now(),
      ...(hops !== undefined && { hops: readHops(hops) }),
      bytes: payload.byteLength,
      text,
    });
  }

  #tell(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#characters = 0;
    if (this.#client.full) {
      this.#left_out += messages.length;
      return;
    }
    const now_ms = performance.now();
    if (messages.length === 0 && this.#left_out === 0 && now_ms - this.#told_ms < SIGN_MS) return;
    const { pattern } = this.#look;
    this.#client.tell(writeFrame({ type: 'tapped', sent_ms: Date.now(), pattern, messages, left_out: this.#left_out }));
    this.#told_ms = now_ms;
    this.#left_out = 0;
  }
}

/** The beginning of a body as text; what is no UTF-8 in it shows as such. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  const bytes = Math.min(byteLength, TAP_BODY_CHARACTERS_MAX * CHARACTER_BYTES_MAX);
  return Buffer.from(buffer, byteOffset, bytes).toString().slice(0, TAP_BODY_CHARACTERS_MAX);
}
