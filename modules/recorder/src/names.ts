// Numbers for names: of each machine's tracks, and of the figures, which all machines share. A number never changes; new ones
// go to the store together with the first that needs them.

import type { Figure, Store, Track } from './store.ts';

/** Tracks that are known, at most: two for each of twenty thousand machines. */
export const TRACKS_KEPT_MAX = 40_000;

/** Figures of all machines together, at most. */
export const FIGURES_MAX = 100_000;

/** Characters of a figure's name, at most. */
const PATH_CHARACTERS_MAX = 255;

export class Names {
  readonly #tracks = new Map<string, Track>();
  readonly #by_number: (Track | undefined)[] = [];
  readonly #figures = new Map<string, number>();
  readonly #paths: string[] = [];
  readonly #new_tracks: Track[] = [];
  readonly #new_figures: Figure[] = [];

  static async of(store: Store): Promise<Names> {
    const names = new Names();
    for (const track of await store.tracks()) names.#keepTrack(track);
    for (const { number, path } of await store.figures()) names.#keepFigure(path, number);
    return names;
  }

  /** The number of a track; a new one gets its own. Undefined when there are too many. */
  trackOf(family: string, source: string): number | undefined {
    const known = this.track(family, source);
    if (known !== undefined) return known;
    if (this.#tracks.size >= TRACKS_KEPT_MAX) return undefined;
    const track = { number: Math.max(1, this.#by_number.length), family, source };
    this.#keepTrack(track);
    this.#new_tracks.push(track);
    return track.number;
  }

  /** The number of a track that is there. */
  track(family: string, source: string): number | undefined {
    return this.#tracks.get(`${family}\n${source}`)?.number;
  }

  sourceOf(track: number): string {
    return this.#by_number[track]?.source ?? '';
  }

  /** All tracks of a family. */
  *tracksOf(family: string): Generator<Track> {
    for (const track of this.#tracks.values()) if (track.family === family) yield track;
  }

  /** The number of a figure; a new one gets its own. 0 when there are too many, or its name is too long. */
  figureOf(path: string): number {
    const known = this.#figures.get(path);
    if (known !== undefined) return known;
    if (this.#figures.size >= FIGURES_MAX || path.length > PATH_CHARACTERS_MAX) return 0;
    const number = Math.max(1, this.#paths.length);
    this.#keepFigure(path, number);
    this.#new_figures.push({ number, path });
    return number;
  }

  /** The number of a figure that is there. */
  figure(path: string): number | undefined {
    return this.#figures.get(path);
  }

  /** All names of figures that there are. */
  get paths(): readonly string[] {
    return [...this.#figures.keys()];
  }

  pathOf(figure: number): string | undefined {
    return this.#paths[figure];
  }

  /** What the store does not have yet. */
  get unstored(): { readonly tracks: readonly Track[]; readonly figures: readonly Figure[] } {
    return { tracks: [...this.#new_tracks], figures: [...this.#new_figures] };
  }

  /** The store has these now. */
  stored({ tracks, figures }: Names['unstored']): void {
    this.#new_tracks.splice(0, tracks.length);
    this.#new_figures.splice(0, figures.length);
  }

  /** The store may have lost some of them: it gets all again. */
  restore(): void {
    this.#new_tracks.splice(0, this.#new_tracks.length, ...this.#tracks.values());
    this.#new_figures.length = 0;
    for (const [path, number] of this.#figures) this.#new_figures.push({ number, path });
  }

  #keepTrack(track: Track): void {
    this.#tracks.set(`${track.family}\n${track.source}`, track);
    this.#by_number[track.number] = track;
  }

  #keepFigure(path: string, number: number): void {
    this.#figures.set(path, number);
    this.#paths[number] = path;
  }
}
