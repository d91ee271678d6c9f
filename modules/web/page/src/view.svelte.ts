// Between the store and the components: once for each drawn picture it takes out what has changed and hands it to the
// rows concerned. A row draws itself again only when its own machine spoke.

import { type Life, lifeOf } from '@ganglion/topics/life';
import type { Bus, Frame, Machine, User } from '../../server/wire.ts';
import { Clock } from './live/clock.ts';
import { type Standing, standingOf, worstOf } from './live/judge.ts';
import type { LineState } from './live/line.ts';
import { type Known, Store } from './live/store.ts';
import { type Judged, moodOf, type Summary, summarize } from './live/summary.ts';
import { texts } from './texts.ts';

/** How often a hidden page takes in what has changed; only its title and its icon are seen. */
const HIDDEN_COMMIT_MS = 1_000;

/** Machines of one picture whose age is measured. */
const AGES_MAX = 64;

/** One machine on the page. */
export class Row implements Judged {
  readonly known: Known;
  machine: Machine = $state.raw() as Machine;
  worst: Judged['worst'] = $state.raw();
  life: Life = $state('live');
  standing: Standing | undefined = $state();
  /** The names of its resources, the known ones first. */
  resources: readonly string[] = $state.raw([]);
  /** Whether it is on the screen or near it; its curves are drawn only then. */
  near = $state(false);

  constructor(known: Known) {
    this.known = known;
    this.learn(known.machine);
  }

  get name(): string {
    return this.known.machine.machine;
  }

  /** Takes the machine's newest; tells whether that changes how it is judged. */
  learn(machine: Machine): boolean {
    this.machine = machine;
    const names = inOrder(Object.keys(machine.resources));
    if (names.join('\n') !== this.resources.join('\n')) this.resources = names;
    const worst = worstOf(machine);
    const before = this.worst;
    const same = worst?.resource === before?.resource && worst?.band === before?.band;
    if (!same || worst?.since_ms !== before?.since_ms) this.worst = worst;
    // It has just spoken, unless somebody told that it is gone.
    const moved = this.place(machine.gone === undefined ? 'live' : 'dead');
    return moved || this.worst !== before;
  }

  /** Puts it where it stands now; tells whether that is another place. */
  place(life: Life): boolean {
    const standing = standingOf(this.machine, life, this.worst?.band);
    if (life === this.life && standing === this.standing) return false;
    this.life = life;
    this.standing = standing;
    return true;
  }
}

/** Everything that the components show. */
export class View {
  rows: readonly Row[] = $state.raw([]);
  line: LineState = $state.raw({ kind: 'connecting' });
  bus: Bus | undefined = $state.raw();
  /** Who has logged in here; undefined where nobody had to. */
  user: User | undefined = $state.raw();
  summary: Summary = $state.raw(summarize([], 0));
  /** The server's clock, to the second: what is shown is from then. */
  now_ms = $state(0);
  /** Whether the whole state has been here once. */
  ready = $state(false);
  /** From measure to picture, the median of the last second. */
  age_ms: number | undefined = $state.raw();
  /** How far this device's clock is ahead of the server's; 0 when they agree. */
  ahead_ms = $state(0);
  folded = $state(0);
  /** How many machines are shown at most, once one had to go for it. */
  machines_max: number | undefined = $state();
  /** Grows with each picture that shows something new. */
  pictures = $state(0);

  /** What is shown does not move: the line is cut, or the bus is away. */
  readonly frozen = $derived(this.line.kind === 'cut' || this.bus?.connected === false);
  readonly mood = $derived(moodOf(this.summary));

  readonly #store = new Store();
  readonly #rows = new Map<string, Row>();
  readonly #clock = new Clock();
  readonly #names = new Intl.Collator(undefined, { numeric: true });
  #ages: number[] = [];
  #cancelCommit: (() => void) | undefined;

  /** Takes a frame in; it is shown with the next picture. */
  take(frame: Frame, arrived_ms: number): void {
    this.#store.apply(frame);
    this.#clock.observe(frame.sent_ms, arrived_ms);
    this.#schedule();
  }

  /** Tells that the page was hidden or shown: what waits is shown by the clock that runs now. */
  reschedule(): void {
    if (this.#cancelCommit === undefined) return;
    this.#cancelCommit();
    this.#cancelCommit = undefined;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#cancelCommit !== undefined) return;
    const commit = () => {
      this.#cancelCommit = undefined;
      this.#commit();
    };
    if (document.hidden) {
      const timer = setTimeout(commit, HIDDEN_COMMIT_MS);
      this.#cancelCommit = () => clearTimeout(timer);
    } else {
      const request = requestAnimationFrame(commit);
      this.#cancelCommit = () => cancelAnimationFrame(request);
    }
  }

  #commit(): void {
    const store = this.#store;
    const { changed, membership } = store.take();
    let judged = membership;
    for (const name of changed) {
      const known = store.machines.get(name);
      if (known === undefined) continue;
      const row = this.#rows.get(name);
      // One that was forgotten and has come back is another.
      if (row?.known !== known) this.#rows.set(name, new Row(known));
      else if (row.learn(known.machine)) judged = true;
    }
    if (membership) this.#sortRows();
    this.ready = store.ready;
    this.bus = store.bus;
    this.user = store.hello?.user;
    this.folded = store.folded;
    this.machines_max = store.forgotten > 0 ? store.hello?.machines_max : undefined;
    const second = Math.floor(store.now_ms / 1000) * 1000;
    if (second !== this.now_ms) {
      this.now_ms = second;
      this.#tellAge();
      if (this.#judgeSilence()) judged = true;
    }
    if (judged) {
      this.summary = summarize(this.#rows.values(), store.heard_since_ms);
    }
    if (changed.size > 0) {
      this.pictures++;
      this.#measureAges(changed);
    }
  }

  #sortRows(): void {
    for (const name of this.#rows.keys()) if (!this.#store.machines.has(name)) this.#rows.delete(name);
    this.rows = [...this.#rows.values()].sort((a, b) => this.#names.compare(a.name, b.name));
  }

  /** While the bus is away nobody can be heard, so nobody is late of their own. */
  #judgeSilence(): boolean {
    const { now_ms, silence_since_ms, bus } = this.#store;
    if (bus?.connected === false) return false;
    let judged = false;
    for (const row of this.#rows.values()) {
      if (row.place(lifeOf(row.machine, now_ms, silence_since_ms))) judged = true;
    }
    return judged;
  }

  /** After the picture is drawn: how old is what it shows. */
  #measureAges(changed: ReadonlySet<string>): void {
    if (document.hidden || this.line.kind !== 'live') return;
    const times: number[] = [];
    for (const name of changed) {
      const known = this.#store.machines.get(name);
      if (known !== undefined && times.push(known.machine.time_ms) === AGES_MAX) break;
    }
    // A task after an animation frame runs when the frame was handed over to be drawn.
    setTimeout(() => {
      const shown_ms = Date.now() - this.#clock.ahead_ms;
      for (const time_ms of times) if (this.#ages.length < AGES_MAX * 60) this.#ages.push(shown_ms - time_ms);
    });
  }

  #tellAge(): void {
    const ages = this.#ages.sort((a, b) => a - b);
    this.#ages = [];
    // In a second without a message the age of the last ones stands.
    this.age_ms = ages[ages.length >> 1] ?? this.age_ms;
    this.ahead_ms = this.#clock.ahead_ms;
  }
}

const KNOWN = Object.keys(texts.resources);

/** The resources everyone knows first, then the others as the analysis has them. */
function inOrder(names: string[]): string[] {
  const place = (name: string) => {
    const at = KNOWN.indexOf(name);
    return at === -1 ? KNOWN.length : at;
  };
  return names.sort((a, b) => place(a) - place(b));
}
