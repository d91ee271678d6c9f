// Paints what moves, above the fibres and below the bodies: lights on their way, and the glow of who was just heard.
// Runs while something is lit, and not at all otherwise.

import { colourOf } from '../style/colours.svelte.ts';
import { type Point, pointAt, type Track } from './layout.ts';
import type { Lights } from './lights.ts';

/** How long a body glows after its pulse. */
const GLOW_MS = 700;

/** A light's head and the tail behind it, in the picture's pixels. */
const HALO = 9;
const HEAD = 1.7;
const TAIL = 30;
const TAIL_PIECES = 7;

export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly tracks: ReadonlyMap<string, Track>;
  /** By node: where its body is, and how large. */
  readonly bodies: ReadonlyMap<string, { readonly at: Point; readonly radius: number }>;
}

export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #lights: Lights;
  readonly #view: () => View;
  readonly #glows = new Map<string, { since_ms: number; strength: number }>();
  #sprite: HTMLCanvasElement | undefined;
  #colour = '';
  #dark = true;
  #request: number | undefined;

  constructor(canvas: HTMLCanvasElement, lights: Lights, view: () => View) {
    this.#canvas = canvas;
    this.#lights = lights;
    this.#view = view;
  }

  /** The colours have changed. */
  takeColours(): void {
    this.#colour = colourOf('--light');
    this.#dark = isDark(colourOf('--ground'));
    this.#sprite = spriteOf(this.#colour);
  }

  /** @param strength 0 to 1 */
  glow(node: string, strength: number): void {
    this.#glows.set(node, { since_ms: performance.now(), strength });
  }

  /** Something is lit, or has moved. */
  wake(): void {
    this.#request ??= requestAnimationFrame(() => this.#paint());
  }

  end(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }

  #paint(): void {
    this.#request = undefined;
    const canvas = this.#canvas;
    const context = canvas.getContext('2d');
    if (context === null || this.#sprite === undefined) return;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const { x, y, scale, tracks, bodies } = this.#view();
    const now_ms = performance.now();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    context.globalCompositeOperation = this.#dark ? 'lighter' : 'source-over';

    for (const [id, { since_ms, strength }] of this.#glows) {
      const body = bodies.get(id);
      const age = (now_ms - since_ms) / GLOW_MS;
      if (body === undefined || age >= 1) {
        this.#glows.delete(id);
        continue;
      }
      const size = body.radius * 2.6;
      context.globalAlpha = (1 - age) ** 2 * (0.18 + 0.4 * strength) * (this.#dark ? 1 : 0.6);
      context.drawImage(this.#sprite, body.at.x - size, body.at.y - size, size * 2, size * 2);
    }

    context.fillStyle = this.#colour;
    context.strokeStyle = this.#colour;
    context.lineCap = 'round';
    for (const { edge, from_ms, to_ms } of this.#lights.at(now_ms)) {
      const track = tracks.get(edge);
      const length = track?.lengths.at(-1);
      if (track === undefined || length === undefined || length === 0) continue;
      const share = (now_ms - from_ms) / (to_ms - from_ms);
      const head = pointAt(track, share);
      // In at the start and out at the end, where it is within a body.
      const bright = Math.min(1, share * 8, (1 - share) * 8);
      let before = head;
      for (let piece = 1; piece <= TAIL_PIECES; piece++) {
        const at = share - (piece / TAIL_PIECES) * (TAIL / length);
        if (at <= 0) break;
        const point = pointAt(track, at);
        context.globalAlpha = bright * 0.75 * (1 - piece / (TAIL_PIECES + 1)) ** 1.5;
        context.lineWidth = 1.8 * (1 - piece / (TAIL_PIECES + 2));
        context.beginPath();
        context.moveTo(before.x, before.y);
        context.lineTo(point.x, point.y);
        context.stroke();
        before = point;
      }
      context.globalAlpha = bright * (this.#dark ? 0.55 : 0.4);
      context.drawImage(this.#sprite, head.x - HALO, head.y - HALO, HALO * 2, HALO * 2);
      context.globalAlpha = bright;
      context.beginPath();
      context.arc(head.x, head.y, HEAD, 0, Math.PI * 2);
      context.fill();
    }
    context.globalAlpha = 1;
    if (this.#lights.any || this.#glows.size > 0) this.wake();
  }
}

function spriteOf(colour: string): HTMLCanvasElement {
  const sprite = document.createElement('canvas');
  sprite.width = 64;
  sprite.height = 64;
  const context = sprite.getContext('2d');
  if (context === null) return sprite;
  context.fillStyle = colour;
  context.fillRect(0, 0, 64, 64);
  // The colour as it is, and how much of it: any colour the browser can write, with a soft edge.
  const fade = context.createRadialGradient(32, 32, 0, 32, 32, 32);
  for (const at of [0, 0.25, 0.5, 0.75, 1]) fade.addColorStop(at, `rgb(0 0 0 / ${(1 - at) ** 2.2})`);
  context.globalCompositeOperation = 'destination-in';
  context.fillStyle = fade;
  context.fillRect(0, 0, 64, 64);
  return sprite;
}

function isDark(colour: string): boolean {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return true;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return red + green + blue < 384;
}
