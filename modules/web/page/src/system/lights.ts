// A light travels an edge for a message that was counted, as soon as its pulse tells of it. Many messages share a light, and
// how many is said.

/** Lights of one edge a second, at most. */
export const LIGHTS_PER_SECOND_MAX = 12;

/** Lights on their way at once; what is beyond is not lit. */
export const LIGHTS_MAX = 1_500;

/** How fast they travel, in the picture's own pixels a second. */
const SPEED = 260;

const TRAVEL_MS_MIN = 550;
const TRAVEL_MS_MAX = 1_500;

export interface Light {
  readonly edge: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** How many messages one light stands for: 1, 2, 5, 10, 20, 50, … @param per_second messages */
export function messagesPerLight(per_second: number): number {
  const needed = per_second / LIGHTS_PER_SECOND_MAX;
  // A rate that moves about a round number must not make it change every second.
  if (needed <= 1.05) return 1;
  const power = 10 ** Math.floor(Math.log10(needed));
  for (const step of [1, 2, 5, 10]) if (step * power >= needed) return step * power;
  return power * 10;
}

interface Owing {
  /** Messages that no light went for yet, below what one stands for. */
  owed: number;
}

export class Lights {
  #lights: Light[] = [];
  readonly #owing = new Map<string, Owing>();

  get any(): boolean {
    return this.#lights.length > 0;
  }

  /**
   * Sends lights for messages, spread over the time in which they were counted.
   *
   * @param length of the edge
   * @param per_second what is usual on the edge
   */
  send(edge: string, messages: number, interval_ms: number, per_second: number, length: number, now_ms: number): void {
    const owing = this.#owing.get(edge) ?? { owed: 0 };
    this.#owing.set(edge, owing);
    const each = messagesPerLight(per_second);
    owing.owed += messages;
    const count = Math.min(Math.floor(owing.owed / each), LIGHTS_PER_SECOND_MAX * Math.max(1, interval_ms / 1000));
    owing.owed = owing.owed % each;
    const travel_ms = Math.min(TRAVEL_MS_MAX, Math.max(TRAVEL_MS_MIN, (length / SPEED) * 1000));
    for (let i = 0; i < count && this.#lights.length < LIGHTS_MAX; i++) {
      const from_ms = now_ms + (i * interval_ms) / count;
      this.#lights.push({ edge, from_ms, to_ms: from_ms + travel_ms });
    }
  }

  /** Those on their way now. Lets go of those that have arrived. */
  at(now_ms: number): readonly Light[] {
    this.#lights = this.#lights.filter(({ to_ms }) => to_ms > now_ms);
    return this.#lights.filter(({ from_ms }) => from_ms <= now_ms);
  }

  /** The picture has other edges now. */
  keep(edges: ReadonlySet<string>): void {
    this.#lights = this.#lights.filter(({ edge }) => edges.has(edge));
    for (const edge of this.#owing.keys()) if (!edges.has(edge)) this.#owing.delete(edge);
  }

  clear(): void {
    this.#lights = [];
    this.#owing.clear();
  }
}
