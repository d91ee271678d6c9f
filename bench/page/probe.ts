// What stands in the page while it is measured. These functions run in the browser, so each holds all it needs.

/** Of the page's `window.ganglion`, what is asked here. */
interface Station {
  readonly fleet: { readonly time_ms: Float64Array };
  readonly router: { go(path: string): void };
  onPicture(painter: (changed: readonly number[]) => void): () => void;
}

/** What the probe tells. */
export interface Ages {
  /** How many samples were drawn at each age, in whole milliseconds; the last counts all that were older. */
  readonly counts: readonly number[];
  /** Pictures that were drawn. */
  readonly pictures: number;
}

interface Probe {
  /** Counts from now on the samples of a time, epoch milliseconds: from the first to before the second. */
  begin(from_ms: number, to_ms: number): void;
  read(): Ages;
}

/** The first is the start of a frame, by the browser's clock; each is in milliseconds. */
export interface Frames {
  readonly frames: number;
  readonly took_ms: number;
  /** The longest time between two. */
  readonly longest_ms: number;
}

/** The browser's globals that are used here, which Node's types do not have. */
interface Window {
  ganglion: Station;
  probe: Probe;
  frames: { count: number; began_ms: number; last_ms: number; longest_ms: number; stop: boolean };
  first_figures_ms: number | undefined;
  requestAnimationFrame(onFrame: (at_ms: number) => void): number;
  readonly MessageChannel: new () => {
    readonly port1: { onmessage: (() => void) | null };
    readonly port2: { postMessage(message: null): void };
  };
  readonly CanvasRenderingContext2D: {
    readonly prototype: {
      putImageData(this: object, image: { readonly width: number; readonly height: number }): void;
    };
  };
}

/**
 * Counts how old each sample is when it is on the screen: in the first task after the animation frame that drew it, when
 * the frame has been styled, laid out, painted and handed over. What it keeps is a fixed number of counters.
 */
export function installProbe(): void {
  const window = globalThis as unknown as Window;
  const PLACES_MAX = 65_536;
  const AGE_MAX_MS = 20_000;
  const { fleet } = window.ganglion;
  const counts = new Uint32Array(AGE_MAX_MS + 1);
  /** By place: the newest sample that was counted. Whoever is drawn again for another reason is no newer sample. */
  const counted = new Float64Array(PLACES_MAX);
  const drawn = new Float64Array(PLACES_MAX);
  let waiting = 0;
  let pictures = 0;
  let from_ms = 0;
  let to_ms = 0;
  const { port1, port2 } = new window.MessageChannel();
  port1.onmessage = () => {
    const now_ms = Date.now();
    pictures++;
    for (let i = 0; i < waiting; i++) {
      const time_ms = drawn[i] as number;
      if (time_ms < from_ms || time_ms >= to_ms) continue;
      const age_ms = Math.min(AGE_MAX_MS, Math.max(0, Math.round(now_ms - time_ms)));
      counts[age_ms] = (counts[age_ms] as number) + 1;
    }
    waiting = 0;
  };
  window.ganglion.onPicture((changed) => {
    for (const place of changed) {
      const time_ms = fleet.time_ms[place] as number;
      if (counted[place] === time_ms || waiting === PLACES_MAX) continue;
      counted[place] = time_ms;
      drawn[waiting++] = time_ms;
    }
    port2.postMessage(null);
  });
  window.probe = {
    begin: (from, to) => {
      counts.fill(0);
      pictures = 0;
      from_ms = from;
      to_ms = to;
    },
    read: () => ({ counts: [...counts], pictures }),
  };
}

export function beginAges([from_ms, to_ms]: readonly [number, number]): void {
  (globalThis as unknown as Window).probe.begin(from_ms, to_ms);
}

export function readAges(): Ages {
  return (globalThis as unknown as Window).probe.read();
}

/** Counts animation frames until {@link endFrames}. */
export function beginFrames(): void {
  const window = globalThis as unknown as Window;
  const now_ms = performance.now();
  const frames = { count: 0, began_ms: now_ms, last_ms: now_ms, longest_ms: 0, stop: false };
  window.frames = frames;
  const onFrame = () => {
    if (frames.stop) return;
    const at_ms = performance.now();
    frames.longest_ms = Math.max(frames.longest_ms, at_ms - frames.last_ms);
    frames.last_ms = at_ms;
    frames.count++;
    window.requestAnimationFrame(onFrame);
  };
  window.requestAnimationFrame(onFrame);
}

export function endFrames(): Frames {
  const { frames } = globalThis as unknown as Window;
  frames.stop = true;
  return { frames: frames.count, took_ms: performance.now() - frames.began_ms, longest_ms: frames.longest_ms };
}

/**
 * Put in before the page loads: notes when the map of a whole fleet was on the screen first, in milliseconds since the navigation
 * began. The map is drawn in one piece; after that a whole animation frame is waited for, so it may be told one too late.
 *
 * @param cells that the map has at least
 */
export function watchFirstFigures(cells: number): void {
  const window = globalThis as unknown as Window;
  const { prototype } = window.CanvasRenderingContext2D;
  const { putImageData } = prototype;
  const { port1, port2 } = new window.MessageChannel();
  port1.onmessage = () => {
    window.first_figures_ms ??= performance.now();
  };
  prototype.putImageData = function (image, ...more: []) {
    putImageData.call(this, image, ...more);
    if (image.width * image.height < cells) return;
    prototype.putImageData = putImageData;
    window.requestAnimationFrame(() => port2.postMessage(null));
  };
}

export function firstFigures(): number | undefined {
  return (globalThis as unknown as Window).first_figures_ms;
}

/** Opens another view, as a link does. */
export function goTo(path: string): void {
  (globalThis as unknown as Window).ganglion.router.go(path);
}
