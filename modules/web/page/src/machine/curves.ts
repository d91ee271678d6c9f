// One chart of curves: uPlot for what takes time to draw well, and the bands behind it.

import uPlot from 'uplot';
import type { Severity } from '../../../wire/frames.ts';
import './curves.css';
import type { Unit } from '@ganglion/topics/units';
import { contextOf, type Picture } from './drawing.svelte.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { sayMark } from './names.ts';
import { bandsOf, type Reach, reachOf, roundUp, type Slice, sliceOf } from './slice.ts';
import type { Stage } from './stage.svelte.ts';
import type { Theme } from './theme.ts';
import { markTime, markWidths, timeMarks } from './time-marks.ts';

/** A scale does not end below this: what is next to nothing looks like it. */
const SCALES_MIN: { readonly [unit in Unit]?: number } = { percentage: 5, bytes: 1_000, bytes_per_second: 1_000 };

export interface Drawn {
  readonly paths: readonly string[];
  readonly unit: Unit;
  /** A percentage alone, from 0 to 100 and without axes, with its bands behind it: `cpu_result`. */
  readonly bands?: string;
  /** What is drawn besides the curves, as it is now. */
  readonly marks?: () => Marks;
}

export class Curves implements Picture {
  readonly #plot: uPlot;
  readonly #drawn: Drawn;
  readonly #stage: Stage;
  #theme: Theme;
  #alone: readonly (readonly number[])[] = [];
  #runs: ReturnType<typeof bandsOf> = [];
  #marks = NO_MARKS;
  /** For each curve how far the cells of what was recorded reached. */
  #reach: readonly (readonly Reach[])[] = [];
  /** The same curves a day or a week before. */
  #before: Slice | undefined;

  constructor(host: HTMLElement, drawn: Drawn, stage: Stage, theme: Theme) {
    this.#drawn = drawn;
    this.#stage = stage;
    this.#theme = theme;
    // uPlot does not ask, and would fail later, where nobody can catch it.
    const context = contextOf(document.createElement('canvas'));
    context.font = theme.font;
    const widths = markWidths((text) => context.measureText(text).width);
    const { paths, unit } = drawn;
    const bare = drawn.bands !== undefined;
    const axis: uPlot.Axis = {
      stroke: () => this.#theme.ink_3,
      font: theme.font,
      ticks: { show: false },
      grid: { stroke: () => this.#theme.hairline, width: 1 / devicePixelRatio },
    };
    this.#plot = new uPlot(
      {
        width: host.clientWidth,
        height: host.clientHeight,
        ms: 1,
        padding: [bare ? 4 : theme.plot.top, 0, bare ? 1 : 0, 0],
        legend: { show: false },
        cursor: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: { x: { time: false, auto: false }, y: { auto: false } },
        axes: [
          {
            ...axis,
            show: !bare,
            size: theme.plot.below,
            gap: 4,
            grid: { show: false },
            splits: (plot, _axis, from, to) => timeMarks(from, to, plot.width - theme.plot.left, widths),
            values: (_plot, splits) => splits.map((time_ms) => markTime(time_ms, splits)),
          },
          {
            ...axis,
            show: !bare,
            size: theme.plot.left,
            gap: 8,
            splits: (_plot, _axis, from, to) => [from, (from + to) / 2, to],
            values: (_plot, splits) => splits.map((value) => sayMark(value, unit)),
          },
        ],
        series: [
          {},
          ...paths.map((_, i): uPlot.Series => {
            const stroke = bare ? (plot: uPlot) => this.#ramp(plot, 1) : () => this.#colour(i);
            return {
              stroke,
              width: bare ? 1.5 : 1.25,
              spanGaps: false,
              ...(i >= theme.curves.length && { dash: [2, 3] }),
              ...(paths.length === 1 && {
                fill: bare ? (plot: uPlot) => this.#ramp(plot, 0.16) : () => faded(this.#colour(i), 0.12),
              }),
              points: { show: true, size: 3, fill: stroke, filter: () => [...(this.#alone[i] ?? [])] },
            };
          }),
        ],
        hooks: {
          drawClear: [
            (plot) => this.#drawBands(plot),
            (plot) => this.#drawReach(plot),
            (plot) => this.#drawBefore(plot),
          ],
          draw: [(plot) => this.#drawMarks(plot)],
        },
      },
      undefined,
      host,
    );
  }

  draw(theme: Theme): void {
    const { table, range, gap_ms, reach, before } = this.#stage;
    if (range === undefined) return;
    this.#theme = theme;
    const { from_ms, to_ms } = range;
    const { paths, bands, unit } = this.#drawn;
    const { times_ms, curves, alone, least, most } = sliceOf(table, paths, from_ms, to_ms, gap_ms);
    this.#alone = alone;
    this.#reach = reach === undefined ? [] : paths.map((path) => reachOf(reach, path, from_ms, to_ms, gap_ms));
    this.#before = before && sliceOf(before, paths, from_ms, to_ms, gap_ms);
    const highest = Math.max(
      most,
      this.#before?.most ?? most,
      ...this.#reach.flat().map((run) => Math.max(...run.most)),
    );
    const lowest = Math.min(
      least,
      this.#before?.least ?? least,
      ...this.#reach.flat().map((run) => Math.min(...run.least)),
    );
    this.#runs = bands === undefined ? [] : bandsOf(table, bands, from_ms, to_ms, gap_ms);
    this.#marks = this.#drawn.marks?.() ?? NO_MARKS;
    const limit = this.#marks.limit?.value;
    const top = Math.max(roundUp(Math.max(highest, limit ?? highest)), SCALES_MIN[unit] ?? 1);
    const bottom = -roundUp(-Math.min(lowest, limit ?? lowest));
    const y = bands === undefined ? { min: bottom, max: top } : { min: 0, max: 100 };
    if (y.min === 0) y.min = 0;
    this.#plot.batch(() => {
      this.#plot.setData([times_ms, ...curves], false);
      this.#plot.setScale('x', { min: from_ms, max: to_ms });
      this.#plot.setScale('y', y);
    });
  }

  resize(width: number, height: number): void {
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #colour(i: number): string {
    const { curves } = this.#theme;
    return curves[i % curves.length] as string;
  }

  /** The value ramp by height: deep and quiet below, bright and warm above. */
  #ramp({ ctx, bbox }: uPlot, opacity: number): CanvasGradient {
    const gradient = ctx.createLinearGradient(0, bbox.top + bbox.height, 0, bbox.top);
    const { values } = this.#theme;
    for (const [i, colour] of values.entries()) {
      gradient.addColorStop(STOPS[i] ?? 1, opacity === 1 ? colour : faded(colour, opacity));
    }
    return gradient;
  }

  #drawMarks({ ctx, bbox, valToPos }: uPlot): void {
    const { limit, moments } = this.#marks;
    if (limit === undefined && moments.length === 0) return;
    const { high, medium, ink_3, ground, font } = this.#theme;
    const colours = { critical: high, warning: medium, info: ink_3 };
    const pixels = devicePixelRatio;
    const right = bbox.left + bbox.width;
    const say = (word: string, x: number, y: number) => {
      // A curve may be behind it.
      ctx.setLineDash([]);
      ctx.lineWidth = 3 * pixels;
      ctx.strokeStyle = ground;
      ctx.strokeText(word, x, y);
      ctx.fillText(word, x, y);
    };
    ctx.save();
    ctx.lineJoin = 'round';
    ctx.font = font.replace(/^\d+/, (size) => `${Number(size) * pixels}`);
    for (const { time_ms, word, severity } of moments) {
      const x = Math.round(valToPos(time_ms, 'x', true)) + 0.5;
      if (!(x >= bbox.left && x <= right)) continue;
      const colour = severity === undefined ? ink_3 : colours[severity];
      ctx.strokeStyle = colour;
      ctx.fillStyle = colour;
      ctx.lineWidth = pixels;
      ctx.setLineDash([2 * pixels, 2 * pixels]);
      line(ctx, x, bbox.top, x, bbox.top + bbox.height);
      if (severity !== undefined) flag(ctx, severity, x, bbox.top, pixels);
      if (word === '') continue;
      ctx.fillStyle = ink_3;
      // Where there is room for it.
      const is_left = x - bbox.left > bbox.width / 2;
      ctx.textAlign = is_left ? 'right' : 'left';
      ctx.textBaseline = 'bottom';
      say(word, x + (is_left ? -4 : 4) * pixels, bbox.top + bbox.height - 3 * pixels);
    }
    if (limit !== undefined) {
      const y = Math.round(valToPos(limit.value, 'y', true)) + 0.5;
      ctx.strokeStyle = high;
      ctx.fillStyle = high;
      ctx.lineWidth = pixels;
      ctx.setLineDash([6 * pixels, 3 * pixels]);
      line(ctx, bbox.left, y, right, y);
      const is_below = y - bbox.top < 18 * pixels;
      ctx.textAlign = 'left';
      ctx.textBaseline = is_below ? 'top' : 'bottom';
      say(limit.word, bbox.left + 4 * pixels, y + (is_below ? 3 : -3) * pixels);
    }
    ctx.restore();
  }

  /** From the least to the most of each cell: what was short is seen, however wide the cells are. */
  #drawReach({ ctx, bbox, valToPos }: uPlot): void {
    if (this.#reach.length === 0) return;
    const bare = this.#drawn.bands !== undefined;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [i, runs] of this.#reach.entries()) {
      ctx.fillStyle = faded(bare ? (this.#theme.values[1] as string) : this.#colour(i), 0.28);
      for (const { times_ms, least, most } of runs) {
        ctx.beginPath();
        for (const [k, time_ms] of times_ms.entries()) {
          ctx.lineTo(valToPos(time_ms, 'x', true), valToPos(most[k] as number, 'y', true));
        }
        for (let k = times_ms.length - 1; k >= 0; k--) {
          ctx.lineTo(valToPos(times_ms[k] as number, 'x', true), valToPos(least[k] as number, 'y', true));
        }
        ctx.closePath();
        ctx.fill();
      }
    }
    ctx.restore();
  }

  #drawBefore({ ctx, bbox, valToPos }: uPlot): void {
    const before = this.#before;
    if (before === undefined) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const [i, curve] of before.curves.entries()) {
      ctx.strokeStyle = before.curves.length === 1 ? this.#theme.ink_3 : faded(this.#colour(i), 0.6);
      ctx.beginPath();
      let begins = true;
      for (const [k, value] of curve.entries()) {
        if (value === undefined) continue;
        if (value === null) {
          begins = true;
          continue;
        }
        const [x, y] = [valToPos(before.times_ms[k] as number, 'x', true), valToPos(value, 'y', true)];
        if (begins) ctx.moveTo(x, y);
        else ctx.lineTo(x, y);
        begins = false;
      }
      ctx.stroke();
    }
    ctx.restore();
  }

  #drawBands({ ctx, bbox, valToPos }: uPlot): void {
    const { medium, high } = this.#theme;
    const right = bbox.left + bbox.width;
    ctx.save();
    for (const { rank, from_ms, to_ms } of this.#runs) {
      if (rank < 2) continue;
      const x = Math.max(bbox.left, valToPos(from_ms, 'x', true));
      const width = Math.min(right, valToPos(to_ms, 'x', true)) - x;
      if (width <= 0) continue;
      const is_high = rank >= 3;
      ctx.fillStyle = is_high ? high : medium;
      ctx.globalAlpha = is_high ? 0.17 : 0.07;
      ctx.fillRect(x, bbox.top, width, bbox.height);
      // A second sign beside the colour: a bar on top for HIGH, a thin line for MEDIUM.
      ctx.globalAlpha = is_high ? 1 : 0.5;
      ctx.fillRect(x, 0, width, (is_high ? 3 : 1) * devicePixelRatio);
    }
    ctx.restore();
  }
}

/** How bad it is a second time, as a shape on top of the line. */
function flag(ctx: CanvasRenderingContext2D, severity: Severity, x: number, y: number, pixels: number): void {
  const r = 3.5 * pixels;
  ctx.beginPath();
  if (severity === 'critical') {
    ctx.moveTo(x, y);
    ctx.lineTo(x + r, y + 2 * r);
    ctx.lineTo(x - r, y + 2 * r);
  } else if (severity === 'warning') ctx.rect(x - r, y + r / 2, 2 * r, r);
  else ctx.arc(x, y + r, r * 0.8, 0, 2 * Math.PI);
  ctx.fill();
}

function line(ctx: CanvasRenderingContext2D, from_x: number, from_y: number, to_x: number, to_y: number): void {
  ctx.beginPath();
  ctx.moveTo(from_x, from_y);
  ctx.lineTo(to_x, to_y);
  ctx.stroke();
}

/** As the ramp of the fleet's curves has them. */
const STOPS = [0, 0.35, 0.7, 1];

function faded(colour: string, opacity: number): string {
  return `color-mix(in oklch, ${colour} ${opacity * 100}%, transparent)`;
}
