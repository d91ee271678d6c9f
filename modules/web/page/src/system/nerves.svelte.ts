// What the system view knows: takes the frames in as they come and says what is to be drawn. Who is there changes the
// graph; what flows changes figures once a second, and sends lights at once.

import type { Beat } from '../../../wire/frames.ts';
import type { Feed } from '../feed.ts';
import { FRAMES, type Graph, type GraphEdge, type GraphNode, graphOf, rateOf, shareOf } from './graph.ts';
import { PULSE } from './patterns.ts';
import { Population } from './population.ts';
import { Rate } from './rates.ts';

/** Messages that have just been told of, for who draws lights. */
export interface Passing {
  readonly edge: GraphEdge;
  readonly messages: number;
  readonly interval_ms: number;
}

const NOTHING: Graph = { nodes: [], edges: [], pulses: [], left_out: { instances: 0, edges: 0 } };

/** Everything the page is sent, to count it. */
const FRAME_TYPES = ['machines', 'figures', 'instances', 'pulses', 'tapped', 'bus', 'beat'] as const;

export class Nerves {
  readonly population = new Population();
  /** A new one only when it differs in what is drawn. */
  graph: Graph = $state.raw(NOTHING);
  /** Grows when figures, or how somebody stands, may have changed. */
  figures = $state(0);
  /** Whether anybody has been told of since the page looks. */
  told = $state(false);
  /** Why the server does not show the system. */
  refused: string | undefined = $state();
  /** Called with what passes, and with who has just been heard. */
  onPassing: (passing: readonly Passing[], heard: ReadonlyMap<string, number>) => void = () => {};

  /** The newest that is known of the server's clock. */
  now_ms = 0;

  readonly #feed: Feed;
  #unfolded: ReadonlySet<string> = new Set();
  #selected: string | undefined;
  #drawn_changes = -1;
  #starts_anew = false;
  #node_of = new Map<string, GraphNode>();
  #leaving = new Map<string, GraphEdge[]>();
  #shares = new Map<string, number>();
  readonly #frames = new Rate();
  #frame_count = 0;
  #frames_passing = 0;
  #frames_since_ms = performance.now();
  #frames_flushed_ms = performance.now();
  #request: number | undefined;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Starts to take frames; returns the function that ends it. */
  start(): () => void {
    const feed = this.#feed;
    const ends = [
      feed.on('hello', () => {
        // Who was there is drawn until the server tells who is.
        this.#starts_anew = true;
      }),
      feed.on('instances', (frame) => {
        this.#heardAt(frame.sent_ms);
        if (this.#starts_anew) this.population.clear();
        this.#starts_anew = false;
        this.population.take(frame, frame.sent_ms);
        this.told = true;
        this.refused = undefined;
        this.#schedule();
      }),
      feed.on('pulses', ({ pulses, sent_ms }) => {
        this.#heardAt(sent_ms);
        this.#takeBeats(pulses);
      }),
      feed.on('refused', ({ what, why }) => {
        if (what === 'system') this.refused = why;
      }),
      ...FRAME_TYPES.map((type) =>
        feed.on(type, () => {
          this.#frame_count++;
          this.#frames_passing++;
        }),
      ),
      () => {
        if (this.#request !== undefined) cancelAnimationFrame(this.#request);
      },
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** What somebody wants to see apart, and keep though it is dead. */
  show(unfolded: ReadonlySet<string>, selected: string | undefined): void {
    this.#unfolded = unfolded;
    this.#selected = selected;
    this.#drawn_changes = -1;
    this.#draw();
  }

  /** Once a second: who is late, who has been dead for long, what flows. */
  tick(now_ms: number): void {
    this.#heardAt(now_ms);
    this.population.tidy(this.now_ms, this.#selected);
    const passed_ms = performance.now() - this.#frames_since_ms;
    if (passed_ms >= 900) {
      this.#frames.tell(this.#frame_count, passed_ms, this.now_ms);
      this.#frame_count = 0;
      this.#frames_since_ms = performance.now();
    }
    for (const edge of this.graph.edges) this.#shares.set(edge.id, shareOf(edge, this.graph.edges, this.now_ms));
    this.#draw();
    this.figures++;
  }

  /** Messages a second on an edge; undefined when nobody told. */
  rateOf(edge: GraphEdge): number | undefined {
    if (edge.topic === FRAMES) return this.#frames.at(this.now_ms);
    if (edge.topic === PULSE) return undefined;
    const rate = rateOf(edge.from, 'out', edge.topic, this.now_ms);
    return rate === undefined ? undefined : rate * (this.#shares.get(edge.id) ?? 1);
  }

  /** The node that an instance is drawn in. */
  nodeOf(instance: string): GraphNode | undefined {
    return this.#node_of.get(instance);
  }

  #heardAt(now_ms: number): void {
    this.now_ms = Math.max(this.now_ms, now_ms);
  }

  #takeBeats(beats: readonly Beat[]): void {
    const messages = new Map<GraphEdge, { messages: number; interval_ms: number }>();
    const heard = new Map<string, number>();
    let news = false;
    const pass = (edge: GraphEdge, count: number, interval_ms: number) => {
      const passing = messages.get(edge);
      if (passing === undefined) messages.set(edge, { messages: count, interval_ms });
      else {
        passing.messages += count;
        passing.interval_ms = Math.max(passing.interval_ms, interval_ms);
      }
    };
    for (const beat of beats) {
      const member = this.population.members.get(beat.instance);
      if (member === undefined) continue;
      const { dropped, failed } = member.lost;
      const lost = dropped.now + failed.now;
      const standing = member.standingAt(this.now_ms);
      this.population.takeBeat(beat, this.now_ms);
      news ||= dropped.now + failed.now !== lost || standing === 'late';
      const node = this.#node_of.get(beat.instance);
      if (node === undefined) continue;
      heard.set(node.id, (heard.get(node.id) ?? 0) + 1);
      for (const edge of this.#leaving.get(node.id) ?? []) {
        const out = edge.topic === PULSE ? 1 : Object.hasOwn(beat.out, edge.topic) ? (beat.out[edge.topic] ?? 0) : 0;
        if (out > 0) pass(edge, out * (this.#shares.get(edge.id) ?? 1), edge.topic === PULSE ? 0 : beat.interval_ms);
      }
    }
    const frames = this.graph.edges.find(({ topic }) => topic === FRAMES);
    if (frames !== undefined) {
      const flushed_ms = performance.now();
      pass(frames, this.#frames_passing, flushed_ms - this.#frames_flushed_ms);
      this.#frames_flushed_ms = flushed_ms;
    }
    this.#frames_passing = 0;
    if (news) this.figures++;
    if (this.population.changes !== this.#drawn_changes) this.#schedule();
    this.onPassing(
      [...messages].map(([edge, passing]) => ({ edge, ...passing })),
      heard,
    );
  }

  #schedule(): void {
    this.#request ??= requestAnimationFrame(() => {
      this.#request = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#drawn_changes === this.population.changes) return;
    this.#drawn_changes = this.population.changes;
    const graph = graphOf(this.population.members.values(), this.#unfolded, this.#feed.server);
    this.#node_of = new Map(
      graph.nodes.flatMap((node) => node.members.map(({ instance }) => [instance.instance, node] as const)),
    );
    this.#leaving = new Map();
    for (const edge of [...graph.edges, ...graph.pulses]) {
      const edges = this.#leaving.get(edge.from.id);
      if (edges === undefined) this.#leaving.set(edge.from.id, [edge]);
      else edges.push(edge);
    }
    this.graph = graph;
    this.figures++;
  }

  /** What a layout depends on, as a text. */
  get structure(): string {
    const { nodes, edges } = this.graph;
    return JSON.stringify([nodes.map(({ id, members }) => [id, members.length > 1]), edges.map(({ id }) => id)]);
  }
}
