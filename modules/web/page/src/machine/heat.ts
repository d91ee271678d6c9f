// Many alike over time, as the cores of a machine: a line for each, its colour how busy it was.

import { contextOf, type Picture } from './drawing.svelte.ts';
import type { Stage } from './stage.svelte.ts';
import type { Theme } from './theme.ts';

/** Lines of a heat map; of more items each line is the busiest of several. */
export const LINES_MAX = 64;

const SHADES = 64;

export class Heat implements Picture {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #paths: readonly string[];
  readonly #stage: Stage;
  /** The map itself, a pixel for a moment of one line; the canvas has it drawn large. */
  readonly #map: HTMLCanvasElement;
  #theme: Theme | undefined;
  #shades = new Uint32Array(SHADES);

  constructor(host: HTMLElement, paths: readonly string[], stage: Stage) {
    this.#paths = paths;
    this.#stage = stage;
    this.#canvas = host.appendChild(document.createElement('canvas'));
    this.#canvas.style.cssText = 'display: block; width: 100%; height: 100%';
    this.#map = document.createElement('canvas');
    this.#context = contextOf(this.#canvas);
  }

  /** Items that share one line. */
  get folded(): number {
    return Math.ceil(this.#paths.length / LINES_MAX);
  }

  draw(theme: Theme): void {
    const { table, range, gap_ms } = this.#stage;
    if (range === undefined) return;
    const { from_ms, to_ms } = range;
    if (theme !== this.#theme) this.#shades = shadesOf(theme);
    this.#theme = theme;
    const { width, height } = this.#canvas;
    if (width === 0 || height === 0) return;
    const lines = Math.ceil(this.#paths.length / this.folded);
    // A column for each sample, as long as there are not more of them than pixels.
    const span_ms = to_ms - from_ms;
    const first = Math.max(table.start, table.rowFrom(from_ms) - 1);
    const end = Math.min(table.end, table.rowFrom(to_ms) + 1);
    const columns = width;
    const image = new ImageData(columns, lines);
    const pixels = new Uint32Array(image.data.buffer);
    const peaks = new Float32Array(columns);
    for (let line = 0; line < lines; line++) {
      peaks.fill(Number.NaN);
      for (let i = line * this.folded; i < Math.min((line + 1) * this.folded, this.#paths.length); i++) {
        const values = table.columns.get(this.#paths[i] as string)?.values;
        if (values === undefined) continue;
        let before_ms = Number.NaN;
        for (let row = first; row < end; row++) {
          const value = values[row] as number;
          if (Number.isNaN(value)) continue;
          const time_ms = table.times_ms[row] as number;
          // A sample says what was since the one before.
          const since_ms = time_ms - before_ms <= gap_ms ? before_ms : time_ms - Math.min(gap_ms / 3, 1_000);
          before_ms = time_ms;
          const left = Math.max(0, Math.floor(((since_ms - from_ms) / span_ms) * columns));
          const right = Math.min(columns, Math.max(left + 1, Math.floor(((time_ms - from_ms) / span_ms) * columns)));
          for (let x = left; x < right; x++) {
            const peak = peaks[x] as number;
            if (!(peak >= value)) peaks[x] = value;
          }
        }
      }
      for (let x = 0; x < columns; x++) {
        const peak = peaks[x] as number;
        if (Number.isNaN(peak)) continue;
        const shade = Math.min(SHADES - 1, Math.max(0, Math.round((peak / 100) * (SHADES - 1))));
        pixels[line * columns + x] = this.#shades[shade] as number;
      }
    }
    this.#map.width = columns;
    this.#map.height = lines;
    contextOf(this.#map).putImageData(image, 0, 0);
    this.#context.imageSmoothingEnabled = false;
    this.#context.clearRect(0, 0, width, height);
    this.#context.drawImage(this.#map, 0, 0, width, height);
    // A hairline between the lines, where there is room for one.
    const line_height = height / lines;
    if (line_height < 5 * devicePixelRatio) return;
    for (let line = 1; line < lines; line++)
      this.#context.clearRect(0, Math.round(line * line_height), width, devicePixelRatio);
  }

  /** In CSS pixels. */
  resize(width: number, height: number): void {
    const [wide, high] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (wide !== this.#canvas.width) this.#canvas.width = wide;
    if (high !== this.#canvas.height) this.#canvas.height = high;
  }

  destroy(): void {
    this.#canvas.remove();
  }
}

/** The ramp of the fleet's map in steps: an idle core is next to the ground. */
function shadesOf({ cells }: Theme): Uint32Array<ArrayBuffer> {
  const strip = document.createElement('canvas');
  strip.width = SHADES;
  strip.height = 1;
  const context = contextOf(strip);
  const gradient = context.createLinearGradient(0, 0, SHADES, 0);
  for (const [i, colour] of cells.entries()) gradient.addColorStop(i / (cells.length - 1), colour);
  context.fillStyle = gradient;
  context.fillRect(0, 0, SHADES, 1);
  return new Uint32Array(context.getImageData(0, 0, SHADES, 1).data.buffer);
}
