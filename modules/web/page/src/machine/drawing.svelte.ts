// What stands between a chart's place on the page and the one moment in which all are drawn: it is made when it comes near
// the screen, follows its size, and when it cannot be drawn it says so and harms no other.

import { untrack } from 'svelte';
import type { Drawable, Stage } from './stage.svelte.ts';
import type { Theme } from './theme.ts';

/** How far outside the screen is near. */
const MARGIN = '30%';

/** What draws itself in an element. */
export interface Picture {
  draw(theme: Theme): void;
  /** In CSS pixels. */
  resize(width: number, height: number): void;
  destroy(): void;
}

export class Drawing implements Drawable {
  near = $state(false);
  /** Why it could not be drawn. */
  failed: string | undefined = $state();

  readonly #stage: Stage;
  readonly #make: (host: HTMLElement, theme: Theme) => Picture;
  #host: HTMLElement | undefined;
  #picture: Picture | undefined;
  /** What it is written in; for other letters it is made anew. */
  #font: string | undefined;

  constructor(stage: Stage, make: (host: HTMLElement, theme: Theme) => Picture) {
    this.#stage = stage;
    this.#make = make;
  }

  /** An attachment for the element that it is drawn in. */
  readonly attach = (host: HTMLElement) =>
    untrack(() => {
      this.#host = host;
      const seen = new IntersectionObserver(
        ([entry]) => {
          this.near = entry?.isIntersecting ?? false;
          if (this.near) this.#stage.redraw();
        },
        { rootMargin: MARGIN },
      );
      const sized = new ResizeObserver(() => this.#stage.redraw());
      seen.observe(host);
      sized.observe(host);
      const remove = this.#stage.add(this);
      return () => {
        remove();
        seen.disconnect();
        sized.disconnect();
        this.#drop();
        this.#host = undefined;
      };
    });

  draw(theme: Theme): void {
    const host = this.#host;
    if (host === undefined || this.failed !== undefined) return;
    const { clientWidth, clientHeight } = host;
    if (clientWidth === 0 || clientHeight === 0) return;
    if (this.#font !== theme.font) this.#drop();
    this.#font = theme.font;
    this.#picture ??= this.#make(host, theme);
    this.#picture.resize(clientWidth, clientHeight);
    this.#picture.draw(theme);
  }

  fail(thrown: unknown): void {
    this.failed = reasonOf(thrown);
    this.#drop();
  }

  again(): void {
    this.failed = undefined;
    this.#stage.redraw();
  }

  #drop(): void {
    const picture = this.#picture;
    this.#picture = undefined;
    try {
      picture?.destroy();
    } catch {
      // What could not be drawn may not be able to go in order either; the element goes with what is left in it.
    }
    this.#host?.replaceChildren();
  }
}

/** What was thrown, in words. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** @throws Error when the browser has no more canvases to draw on */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser gives nothing to draw on');
  return context;
}
