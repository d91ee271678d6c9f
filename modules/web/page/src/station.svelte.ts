// Between the line and the components. Frames go in as they arrive; once for each drawn picture what has changed is taken
// out and handed to who shows it. A hidden page takes frames in all the same, so that it is right with its first picture.

import type { Ask, Bus, Frame, Look, Machine, Recall, User } from '../../wire/frames.ts';
import type { AnswerTo, Feed, FrameOf, Offered } from './feed.ts';
import type { Keys } from './keys.ts';
import { type Alerted, NOTHING_ALERTED } from './live/alerted.ts';
import { Clock } from './live/clock.ts';
import type { Fleet } from './live/fleet.ts';
import type { LineState } from './live/line.ts';
import { Store } from './live/store.ts';
import { moodOf, type Summary, summarize, type Trouble, worstOf } from './live/summary.ts';
import type { Router } from './router.svelte.ts';
import { Scheme } from './style/colours.svelte.ts';
import { texts } from './texts.ts';
import type { Seen } from './time/seen.ts';
import { Times } from './time/times.svelte.ts';

/** How often a hidden page judges what has come; only its title and its icon are seen. */
const HIDDEN_COMMIT_MS = 1_000;

/** Machines of one picture whose age is measured. */
const AGES_MAX = 64;

/** Who is worst is told so often at most: a list that changes with each picture cannot be read. */
const WORST_MS = 250;

/** What was overtaken in so many seconds says how far behind the page is. */
const BEHIND_SECONDS = 4;

/** After the whole fleet is looked at again, what it said meanwhile may take so long to be here. */
const CATCH_UP_MS = 2_000;

/** What is asked about the past is waited for so long. */
const RECALL_MS = 20_000;

/** Called once for each picture, with the places of the machines that changed. */
export type Painter = (changed: readonly number[]) => void;

type Takers = { [T in Frame['type']]?: Set<(frame: FrameOf<T>, arrived_ms: number) => void> };

/** Everything that the components show. */
export class Station implements Feed {
  readonly router: Router;
  readonly keys: Keys;
  readonly scheme = new Scheme();
  readonly times: Times;

  /** What is, and what was: the one is told all the time, the other moment by moment when it is asked for. */
  readonly #live = new Store();
  #past: Store | undefined;
  /** The fleet that is shown. Another object when another time is. */
  fleet: Fleet = $state.raw(this.#live.fleet);
  /** The moment that is shown; undefined while that is now. */
  moment_ms: number | undefined = $state();
  /** Why the moment that was asked for is not shown. */
  untold: string | undefined = $state();
  is_recorded = $state(false);
  seen: Seen | undefined = $state.raw();

  line: LineState = $state.raw({ kind: 'connecting' });
  bus: Bus | undefined = $state.raw();
  /** Since when no analyzer judges, by the server's clock; undefined while one does. */
  unjudged_since_ms: number | undefined = $state();
  /** Who has logged in here; undefined where nobody had to. */
  user: User | undefined = $state.raw();
  server: string | undefined = $state();
  may_tap: boolean | undefined = $state();
  sees_system: boolean | undefined = $state();
  may_order: boolean | undefined = $state();
  alerted: Alerted = $state.raw(NOTHING_ALERTED);
  summary: Summary = $state.raw(summarize(this.#live.fleet, 0));
  worst: readonly Trouble[] = $state.raw([]);
  /** The places of all machines, by name. A new array when a machine came or went. */
  places: readonly number[] = $state.raw([]);
  /** The names of the resources that any machine has. */
  resources: readonly string[] = $state.raw([]);
  /** The names of the labels that any machine has. */
  label_names: readonly string[] = $state.raw([]);
  now_ms = $state(0);
  /** Whether the whole state has been here once. */
  ready = $state(false);
  /** From measure to picture, the median of the last second. */
  age_ms: number | undefined = $state.raw();
  ahead_ms = $state(0);
  /** Analyses that newer ones overtook on the way here. */
  folded = $state(0);
  /** How many of them in the last seconds: the line, or this browser, is too slow for all. */
  behind = $state(0);
  /** How many machines are shown at most, once one had to go for it. */
  machines_max: number | undefined = $state();
  /** Grows with each picture that shows something new. */
  pictures = $state(0);
  /** Grows when any machine may stand elsewhere. */
  judged = $state(0);

  /** What is shown does not move: the line is cut, or the bus is away. */
  readonly frozen: boolean = $derived(this.line.kind === 'cut' || this.bus?.connected === false);
  /** The fleet does not move: nothing comes, or nobody judges what does. */
  readonly still: boolean = $derived(
    this.moment_ms === undefined && (this.frozen || this.unjudged_since_ms !== undefined),
  );
  readonly mood = $derived(moodOf(this.summary));

  readonly #send: (text: string) => void;
  readonly #clock = new Clock();
  readonly #collator = new Intl.Collator(undefined, { numeric: true });
  readonly #takers: Takers = {};
  readonly #painters = new Set<Painter>();
  readonly #offers = new Set<() => readonly Offered[]>();
  #look: Look = { view: 'fleet' };
  /** Since when that is looked at, by the server's clock. */
  #look_ms = 0;
  #worst_due = false;
  #worst_told_ms = Number.NEGATIVE_INFINITY;
  #ages: number[] = [];
  /** What was folded in all at the ends of the last seconds. */
  #folded_then: number[] = [];
  #cancelCommit: (() => void) | undefined;
  #orders = 0;
  #recorders_there = false;
  readonly #recalled = new Map<number, (answer: Frame | undefined) => void>();
  /** The moment that was asked for last. */
  #wanted_ms: number | undefined;

  /** @param send sends a text to the server if the line is open */
  constructor(router: Router, keys: Keys, send: (text: string) => void) {
    this.router = router;
    this.times = new Times(router, (at_ms) => this.showMoment(at_ms));
    this.keys = keys;
    this.#send = send;
  }

  /** Takes a frame in; it is shown with the next picture. */
  take(frame: Frame, arrived_ms: number): void {
    const { fleet } = this.#live;
    this.#live.apply(frame);
    this.#clock.observe(frame.sent_ms, arrived_ms);
    if (frame.type === 'measure') {
      const place = fleet.placeOf(frame.machine);
      if (place !== undefined) fleet.hear(place, frame.time_ms, frame.received_ms);
    }
    if ('number' in frame) this.#recalled.get(frame.number)?.(frame);
    if (frame.type === 'hello') {
      // A new server answers nothing that another was asked, and until it is ready it says anew whether there is a past.
      this.#giveUp();
      this.#recorders_there = false;
    }
    if (frame.type === 'recorders') this.#recorders_there = frame.there;
    if (frame.type === 'ready' || (frame.type === 'recorders' && this.ready)) this.is_recorded = this.#recorders_there;
    // A server starts by telling the whole fleet.
    if (frame.type === 'hello' && (this.#look.view !== 'fleet' || this.#look.only !== undefined)) this.#tellLook();
    const takers = this.#takers[frame.type] as Set<(frame: Frame, arrived_ms: number) => void> | undefined;
    if (takers !== undefined) for (const taker of takers) taker(frame, arrived_ms);
    this.#schedule();
  }

  on<T extends Frame['type']>(type: T, take: (frame: FrameOf<T>, arrived_ms: number) => void): () => void {
    this.#takers[type] ??= new Set() as Takers[T];
    const takers = this.#takers[type] as Set<typeof take>;
    takers.add(take);
    return () => takers.delete(take);
  }

  /** Calls `painter` once for each picture that shows something new; returns the function that ends it. */
  onPicture(painter: Painter): () => void {
    this.#painters.add(painter);
    return () => this.#painters.delete(painter);
  }

  look(look: Look): void {
    this.#look = look;
    this.#look_ms = this.#live.now_ms;
    if (this.#live.hello !== undefined) this.#tellLook();
  }

  order(ask: Ask): number | undefined {
    if (this.line.kind !== 'live') return undefined;
    this.#send(JSON.stringify({ order: ask, number: ++this.#orders }));
    return this.#orders;
  }

  async recall<What extends Recall['what']>(recall: Extract<Recall, { readonly what: What }>): Promise<AnswerTo<What>> {
    if (this.line.kind !== 'live') throw new Error(texts.time.cut);
    // Orders are numbered with them: an answer is for one of both.
    const number = ++this.#orders;
    const answer = await new Promise<Frame | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), RECALL_MS);
      this.#recalled.set(number, (frame) => {
        clearTimeout(timer);
        resolve(frame);
      });
      this.#send(JSON.stringify({ recall, number }));
    });
    this.#recalled.delete(number);
    if (answer === undefined) throw new Error(texts.time.noAnswer);
    if (answer.type === 'unrecalled') throw new Error(answer.why);
    return answer as AnswerTo<What>;
  }

  /** Shows the fleet as it was at a moment, or with undefined as it is; resolves to whether it is shown. Of several the last counts. */
  async showMoment(at_ms: number | undefined): Promise<boolean> {
    if (at_ms === this.#wanted_ms && at_ms === this.#past?.now_ms) return true;
    this.#wanted_ms = at_ms;
    if (at_ms === undefined) {
      this.#past = undefined;
      this.untold = undefined;
      this.#schedule();
      return true;
    }
    try {
      const { machines } = await this.recall({ what: 'moment', at_ms });
      if (this.#wanted_ms !== at_ms) return false;
      this.untold = undefined;
      // What was drawn of later times is no past of this one.
      if (this.#past === undefined || at_ms < this.#past.now_ms) this.#past = new Store();
      this.#past.recall(at_ms, machines);
      this.#schedule();
      return true;
    } catch (error) {
      if (this.#wanted_ms === at_ms) this.untold = error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  #giveUp(): void {
    for (const answer of [...this.#recalled.values()]) answer(undefined);
  }

  offer(actions: () => readonly Offered[]): () => void {
    this.#offers.add(actions);
    return () => this.#offers.delete(actions);
  }

  /** What the view that is open offers now. */
  get offered(): readonly Offered[] {
    return [...this.#offers].flatMap((actions) => actions());
  }

  machine(name: string): Machine | undefined {
    // Read, so that whoever shows it is called again when it may have changed.
    void [this.now_ms, this.judged];
    const place = this.fleet.placeOf(name);
    return place === undefined ? undefined : this.fleet.machineAt(place);
  }

  names(): readonly string[] {
    return this.places.map((place) => this.fleet.names[place] as string);
  }

  /** Tells that the page was hidden or shown: what waits is shown by the clock that runs now. */
  reschedule(): void {
    if (this.#cancelCommit === undefined) return;
    this.#cancelCommit();
    this.#cancelCommit = undefined;
    this.#schedule();
  }

  #tellLook(): void {
    this.#send(JSON.stringify({ look: this.#look }));
  }

  /** The machines whose every word comes here; of the others the server tells who is gone. */
  #listenedTo(): Iterable<number> {
    const { fleet } = this.#live;
    const look = this.#look;
    if (this.#live.now_ms < this.#look_ms + CATCH_UP_MS || look.view === 'system') return [];
    if (look.view === 'fleet' && look.only === undefined) return fleet.places();
    const name = look.view === 'machine' || look.view === 'alerts' ? look.machine : undefined;
    const machine = name === undefined ? undefined : fleet.placeOf(name);
    if (machine !== undefined) return [machine];
    const ids = new Set(look.view === 'fleet' ? look.only : []);
    return [...fleet.places()].filter((place) => ids.has(fleet.id[place] as number));
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
    const live = this.#live;
    const store = this.#past ?? live;
    const { fleet } = store;
    live.tidy();
    this.bus = live.bus;
    this.unjudged_since_ms = live.unjudged_since_ms;
    const second = Math.floor(store.now_ms / 1000) * 1000;
    if (second !== this.now_ms) {
      this.now_ms = second;
      if (store === live) this.#countBehind();
      if (store === live) this.#tellAge();
      // While the bus is away, or nobody judges, nobody can be heard, so nobody is late of their own.
      if (store !== live) fleet.judgeSilence(second, 0);
      else if (this.bus?.connected !== false && this.unjudged_since_ms === undefined)
        fleet.judgeSilence(second, store.silence_since_ms, this.#listenedTo());
      this.#worst_due = true;
    }
    const { changed, judged, membership } = fleet.take();
    // All that is shown is another.
    const turned = this.fleet !== fleet;
    if (turned) this.fleet = fleet;
    this.moment_ms = store === live ? undefined : store.now_ms;
    if (membership || turned) {
      const { names } = fleet;
      this.places = [...fleet.places()].sort((a, b) => this.#collator.compare(names[a] as string, names[b] as string));
    }
    if (judged || membership || turned) {
      const before = this.summary.count;
      this.summary = summarize(fleet, store.heard_since_ms);
      const { HIGH, dead } = this.summary.count;
      // Who is worst moves calmly, except when there is news.
      this.#worst_due ||= turned || HIGH !== before.HIGH || dead !== before.dead;
      this.judged++;
    }
    if (this.#worst_due && (turned || performance.now() - this.#worst_told_ms >= WORST_MS)) {
      this.#worst_due = false;
      this.#worst_told_ms = performance.now();
      this.worst = worstOf(fleet);
    }
    if (turned || fleet.columns.length !== this.resources.length)
      this.resources = fleet.columns.map(({ name }) => name);
    if (turned || fleet.label_names.length !== this.label_names.length) this.label_names = [...fleet.label_names];
    this.ready = live.ready;
    this.user = live.hello?.user;
    this.server = live.hello?.server;
    this.may_tap = live.hello?.may_tap;
    this.sees_system = live.hello?.sees_system;
    this.may_order = live.hello?.may_order;
    if (this.alerted !== live.alerted) this.alerted = live.alerted;
    this.folded = live.folded;
    this.machines_max = fleet.forgotten > 0 ? live.hello?.machines_max : undefined;
    if (changed.length > 0 || turned) {
      this.pictures++;
      for (const painter of this.#painters) painter(changed);
      if (store === live) this.#measureAges(changed);
    }
  }

  #countBehind(): void {
    this.#folded_then.push(this.#live.folded);
    if (this.#folded_then.length > BEHIND_SECONDS) this.#folded_then.shift();
    this.behind = this.#live.folded - (this.#folded_then[0] ?? 0);
  }

  /** After the picture is drawn: how old is what it shows. */
  #measureAges(changed: readonly number[]): void {
    if (document.hidden || this.line.kind !== 'live') return;
    const { time_ms } = this.fleet;
    const times = changed.slice(0, AGES_MAX).map((place) => time_ms[place] as number);
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
