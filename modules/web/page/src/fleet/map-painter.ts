// Paints the heat map: one pixel a cell, which the browser scales up, and above it the marks of the machines that are not
// simply well. A picture changes the pixels of those who spoke and no other.

import { NO_FIGURE } from '../../../wire/frames.ts';
import { DEAD, HIGH, STALE, STOPPED } from '../live/judge.ts';
import type { Station } from '../station.svelte.ts';
import { colourOf } from '../style/colours.svelte.ts';
import type { MapLayout } from './map-layout.ts';
import type { Group, Selection } from './selection.svelte.ts';

/** Steps of the value ramp. */
const STEPS = 256;

/** Marks are drawn anew so often at most. */
const MARKS_MS = 100;

/** Cells smaller than this have no room for a shape: the mark fills them. */
const SHAPE_PIXELS_MIN = 7;

const NOWHERE = 0xffff;

interface Painted {
  readonly places: readonly number[];
  readonly columns: number;
  readonly rows: number;
  readonly canvas: HTMLCanvasElement;
  readonly marks: HTMLCanvasElement;
  readonly image: ImageData;
  readonly pixels: Uint32Array;
  /** The standing each cell is marked with. */
  readonly marked: Uint8Array;
}

export class MapPainter {
  readonly #station: Station;
  readonly #selection: () => Selection;
  #groups: Painted[] = [];
  #cell = 1;
  /** By place: the group it is in, and its number there. */
  #group_of = new Uint16Array(0);
  #number_of = new Uint32Array(0);
  #ramp = new Uint32Array(STEPS);
  #colours = { ground: 0, stale: 0, high: '', medium: '', dead: '', quiet: '', ground_text: '' };
  #marks_due: ReturnType<typeof setTimeout> | undefined;
  #marked_ms = 0;

  constructor(station: Station, selection: () => Selection) {
    this.#station = station;
    this.#selection = selection;
  }

  /** Paints all of some groups. @param canvases of each group the one of colours and the one of marks */
  begin(groups: readonly Group[], { cell, groups: laid }: MapLayout, canvases: readonly HTMLCanvasElement[]): void {
    if (canvases.length !== groups.length * 2) return;
    this.#takeColours();
    this.#cell = cell;
    const places = this.#station.fleet.standing.length;
    this.#group_of = new Uint16Array(places).fill(NOWHERE);
    this.#number_of = new Uint32Array(places);
    this.#groups = groups.map(({ places }, i) => {
      const { columns, rows } = laid[i] ?? { columns: 1, rows: 1 };
      const canvas = canvases[i * 2] as HTMLCanvasElement;
      canvas.width = columns;
      canvas.height = rows;
      const image = new ImageData(columns, rows);
      const pixels = new Uint32Array(image.data.buffer);
      places.forEach((place, number) => {
        this.#group_of[place] = i;
        this.#number_of[place] = number;
        pixels[number] = this.#colourAt(place);
      });
      canvas.getContext('2d')?.putImageData(image, 0, 0);
      const marked = new Uint8Array(places.length);
      return { places, columns, rows, canvas, marks: canvases[i * 2 + 1] as HTMLCanvasElement, image, pixels, marked };
    });
    this.#drawMarks(true);
  }

  /** Paints the cells of machines that spoke. */
  paint(changed: readonly number[]): void {
    const touched = new Set<number>();
    for (const place of changed) {
      const at = this.#group_of[place] ?? NOWHERE;
      const group = this.#groups[at];
      if (group === undefined) continue;
      const number = this.#number_of[place] as number;
      const colour = this.#colourAt(place);
      if (group.pixels[number] === colour) continue;
      group.pixels[number] = colour;
      touched.add(at);
    }
    for (const at of touched) {
      const group = this.#groups[at];
      group?.canvas.getContext('2d')?.putImageData(group.image, 0, 0);
    }
  }

  /** Draws the marks anew where any has changed, soon. */
  mark(): void {
    if (this.#marks_due !== undefined) return;
    const wait_ms = Math.max(0, this.#marked_ms + MARKS_MS - performance.now());
    this.#marks_due = setTimeout(() => {
      this.#marks_due = undefined;
      this.#drawMarks(false);
    }, wait_ms);
  }

  /** Draws no more: what is shown is gone, and the selection with it. */
  close(): void {
    clearTimeout(this.#marks_due);
  }

  #colourAt(place: number): number {
    const { fleet } = this.#station;
    const standing = fleet.standing[place] as number;
    if (standing >= DEAD) return this.#colours.ground;
    if (standing === STALE) return this.#colours.stale;
    const hundredths = fleet.columns[this.#selection().columnAt(place)]?.hundredths[place] ?? NO_FIGURE;
    if (hundredths === NO_FIGURE) return this.#colours.stale;
    return this.#ramp[Math.min(STEPS - 1, Math.floor((hundredths * STEPS) / 10_000))] as number;
  }

  #drawMarks(all: boolean): void {
    this.#marked_ms = performance.now();
    const selection = this.#selection();
    for (const group of this.#groups) {
      let differs = all;
      group.places.forEach((place, number) => {
        const standing = selection.standingAt(place);
        if (group.marked[number] === standing) return;
        group.marked[number] = standing;
        differs = true;
        // Its colour is not its value's any more, or is again.
        group.pixels[number] = this.#colourAt(place);
      });
      if (!differs) continue;
      group.canvas.getContext('2d')?.putImageData(group.image, 0, 0);
      this.#drawMarksOf(group);
    }
  }

  #drawMarksOf({ marks, columns, rows, marked }: Painted): void {
    const scale = devicePixelRatio;
    const cell = this.#cell;
    marks.width = Math.round(columns * cell * scale);
    marks.height = Math.round(rows * cell * scale);
    const context = marks.getContext('2d');
    if (context === null) return;
    context.scale(scale, scale);
    const shapes = cell >= SHAPE_PIXELS_MIN;
    const size = cell - 1;
    const { high, medium, dead, quiet, ground_text } = this.#colours;
    /** All of one kind in one path: a colour is set once for thousands. */
    const each = (standing: number, draw: (x: number, y: number) => void) => {
      context.beginPath();
      for (let number = 0; number < marked.length; number++) {
        if (marked[number] === standing) draw((number % columns) * cell, Math.floor(number / columns) * cell);
      }
    };
    const outline = Math.max(1, cell / 14);
    // HIGH: a triangle, with the ground around it so that it stands out from any value.
    each(HIGH, (x, y) => {
      if (!shapes) return context.rect(x, y, size, size);
      context.moveTo(x + size / 2, y + size * 0.16);
      context.lineTo(x + size * 0.88, y + size * 0.84);
      context.lineTo(x + size * 0.12, y + size * 0.84);
      context.closePath();
    });
    context.fillStyle = high;
    context.strokeStyle = ground_text;
    context.lineJoin = 'round';
    context.lineWidth = outline * 2;
    if (shapes) context.stroke();
    context.fill();
    // MEDIUM: a bar.
    each(HIGH - 1, (x, y) => {
      if (shapes) context.rect(x + size * 0.22, y + size * 0.42, size * 0.56, Math.max(1.5, size * 0.16));
      else context.rect(x, y + size / 2 - 0.5, size, 1);
    });
    context.fillStyle = medium;
    context.lineWidth = outline;
    if (shapes) context.stroke();
    context.fill();
    // STALE: hatched.
    each(STALE, (x, y) => {
      context.moveTo(x, y + size);
      context.lineTo(x + size, y);
      if (!shapes) return;
      context.moveTo(x, y + size / 2);
      context.lineTo(x + size / 2, y);
      context.moveTo(x + size / 2, y + size);
      context.lineTo(x + size, y + size / 2);
    });
    context.strokeStyle = quiet;
    context.lineWidth = outline;
    context.stroke();
    // DEAD: hollow, with a cross; one that was stopped is hollow alone.
    each(DEAD, (x, y) => {
      context.rect(x + outline / 2, y + outline / 2, size - outline, size - outline);
      // Where a cross would fill it, hollow says it alone.
      if (!shapes) return;
      context.moveTo(x + size * 0.28, y + size * 0.28);
      context.lineTo(x + size * 0.72, y + size * 0.72);
      context.moveTo(x + size * 0.72, y + size * 0.28);
      context.lineTo(x + size * 0.28, y + size * 0.72);
    });
    context.strokeStyle = dead;
    context.lineWidth = shapes ? outline * 1.3 : 1;
    context.stroke();
    each(STOPPED, (x, y) => context.rect(x + outline / 2, y + outline / 2, size - outline, size - outline));
    context.strokeStyle = quiet;
    context.lineWidth = outline;
    context.stroke();
  }

  #takeColours(): void {
    const stops = ['--cell-0', '--cell-1', '--cell-2', '--cell-3'].map(colourOf);
    const canvas = document.createElement('canvas');
    canvas.width = STEPS;
    canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) return;
    const gradient = context.createLinearGradient(0, 0, STEPS, 0);
    [0, 0.35, 0.72, 1].forEach((at, i) => void gradient.addColorStop(at, stops[i] as string));
    context.fillStyle = gradient;
    context.fillRect(0, 0, STEPS, 1);
    this.#ramp = new Uint32Array(context.getImageData(0, 0, STEPS, 1).data.buffer.slice(0));
    const pixelOf = (token: string): number => {
      context.fillStyle = colourOf(token);
      context.fillRect(0, 0, 1, 1);
      return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] as number;
    };
    this.#colours = {
      ground: pixelOf('--ground'),
      stale: pixelOf('--raised'),
      high: colourOf('--high'),
      medium: colourOf('--medium'),
      dead: colourOf('--dead'),
      quiet: colourOf('--ink-3'),
      ground_text: colourOf('--ground'),
    };
  }
}
