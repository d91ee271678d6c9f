// From who runs to what is drawn: nodes, and an edge for each topic between who publishes it and who may hear it. Many
// instances of one module are one node. Nothing here changes with a rate: a picture is laid out anew only for who is there.

import { mayHear, PULSE } from './patterns.ts';
import type { Member } from './population.ts';

/** More instances of one module than this are drawn as one. */
export const APART_MAX = 6;

/** So many can be drawn apart when somebody asks for it. */
export const UNFOLDED_MAX = 40;

/** Nodes that are drawn; past it every module is one, and past that the rest is counted. */
export const NODES_MAX = 60;

/** Edges that are drawn. */
export const EDGES_MAX = 240;

/** The page's own node: what the web server sends ends here. */
export const YOU = 'you';

export interface GraphNode {
  /** `instance:<name>`, `module:<name>`, {@link YOU}, or the open end of a topic that nobody hears. */
  readonly id: string;
  readonly kind: 'instance' | 'module' | 'you' | 'end';
  readonly module: string;
  /** Oldest first; empty for you and an open end. */
  readonly members: readonly Member[];
  /** It can be folded into its module. */
  readonly foldable: boolean;
}

export interface GraphEdge {
  readonly id: string;
  /** A family; of the edge to the page {@link FRAMES}. */
  readonly topic: string;
  readonly from: GraphNode;
  readonly to: GraphNode;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Of every instance to who hears pulses; drawn when asked for, and never laid out. */
  readonly pulses: readonly GraphEdge[];
  /** Instances and edges that there is no room for. */
  readonly left_out: { readonly instances: number; readonly edges: number };
}

/** What goes to the page: not messages of the bus but frames. */
export const FRAMES = 'frames';

/**
 * @param unfolded modules that somebody wants to see apart
 * @param server the instance that serves this page, where it is known
 */
export function graphOf(members: Iterable<Member>, unfolded: ReadonlySet<string>, server: string | undefined): Graph {
  const by_module = new Map<string, Member[]>();
  for (const member of members) {
    const { module } = member.instance;
    const others = by_module.get(module);
    if (others === undefined) by_module.set(module, [member]);
    else others.push(member);
  }
  const { nodes, left_out } = nodesOf(by_module, unfolded);
  const { edges, pulses, beyond } = edgesOf(nodes, server);
  return { nodes, edges, pulses, left_out: { instances: left_out, edges: beyond } };
}

function nodesOf(by_module: ReadonlyMap<string, readonly Member[]>, unfolded: ReadonlySet<string>) {
  const modules = [...by_module].map(([module, members]) => ({ module, members: [...members].sort(byBirth) }));
  // Modules in an order of their own: who comes later must not shift who is there.
  modules.sort((a, b) => (a.module < b.module ? -1 : 1));
  const apart = (module: string, count: number, max: number) =>
    count <= max || (unfolded.has(module) && count <= UNFOLDED_MAX);
  const needed = modules.reduce(
    (sum, { module, members }) => sum + (apart(module, members.length, APART_MAX) ? members.length : 1),
    0,
  );
  const apart_max = needed <= NODES_MAX ? APART_MAX : 1;
  const nodes: GraphNode[] = [];
  let left_out = 0;
  for (const { module, members } of modules) {
    const own: GraphNode[] = apart(module, members.length, apart_max)
      ? members.map((member) => ({
          id: `instance:${member.instance.instance}`,
          kind: 'instance',
          module,
          members: [member],
          foldable: members.length > apart_max,
        }))
      : [{ id: `module:${module}`, kind: 'module', module, members, foldable: false }];
    if (nodes.length + own.length > NODES_MAX) left_out += members.length;
    else nodes.push(...own);
  }
  return { nodes, left_out };
}

function edgesOf(nodes: GraphNode[], server: string | undefined) {
  const edges: GraphEdge[] = [];
  const pulses: GraphEdge[] = [];
  let beyond = 0;
  const add = (topic: string, from: GraphNode, to: GraphNode) => {
    const edge = { id: `${from.id} ${topic} ${to.id}`, topic, from, to };
    if (topic === PULSE) {
      if (pulses.length < EDGES_MAX) pulses.push(edge);
    } else if (edges.length < EDGES_MAX) edges.push(edge);
    else beyond++;
  };
  const publishes = new Map(nodes.map((node) => [node, familiesOf(node)]));
  const listens = new Map(nodes.map((node) => [node, patternsOf(node)]));
  const ends: GraphNode[] = [];
  for (const from of nodes) {
    for (const family of publishes.get(from) ?? []) {
      let heard = false;
      for (const to of nodes) {
        if (!(listens.get(to) ?? []).some((pattern) => mayHear(pattern, family))) continue;
        heard = true;
        if (to !== from) add(family, from, to);
      }
      if (heard || family === PULSE) continue;
      const end: GraphNode = { id: `end:${from.id} ${family}`, kind: 'end', module: '', members: [], foldable: false };
      if (edges.length < EDGES_MAX) ends.push(end);
      add(family, from, end);
    }
  }
  const serving = servingOf(nodes, server);
  if (serving !== undefined) {
    const you: GraphNode = { id: YOU, kind: 'you', module: '', members: [], foldable: false };
    ends.push(you);
    edges.push({ id: `${serving.id} ${FRAMES} ${YOU}`, topic: FRAMES, from: serving, to: you });
  }
  nodes.push(...ends);
  return { edges, pulses, beyond };
}

/** What a node publishes: what it declared and what it was heard to, each once. */
export function familiesOf({ members }: GraphNode): readonly string[] {
  const families = new Set<string>();
  for (const { instance, out } of members) {
    for (const family of instance.publishes) families.add(family);
    for (const family of out.keys()) families.add(family);
    if (instance.stranger !== true) families.add(PULSE);
  }
  return [...families].sort();
}

/**
 * What a node listens to, each once: what it declared; and of families that it was heard to take in besides, as of the machines that
 * somebody looks at, the name alone.
 */
export function patternsOf({ members }: GraphNode): readonly string[] {
  const patterns = new Set<string>();
  for (const { instance } of members) for (const pattern of instance.listens) patterns.add(pattern);
  const declared = [...patterns];
  for (const member of members) {
    for (const family of member.in.keys()) {
      if (!declared.some((pattern) => mayHear(pattern, family))) patterns.add(family);
    }
  }
  return [...patterns].sort();
}

/** The one that serves this page; where that is not known, the web server, if there is but one. */
function servingOf(nodes: readonly GraphNode[], server: string | undefined): GraphNode | undefined {
  const web = nodes.filter(({ module }) => module === 'web');
  const named = web.find(({ members }) => members.some(({ instance }) => instance.instance === server));
  return named ?? (web.length === 1 ? web[0] : undefined);
}

function byBirth(a: Member, b: Member): number {
  return a.instance.born_ms - b.instance.born_ms || (a.instance.instance < b.instance.instance ? -1 : 1);
}

/** Messages a second that a node puts out or takes in of one topic; undefined when nobody told. */
export function rateOf({ members }: GraphNode, way: 'in' | 'out', topic: string, now_ms: number): number | undefined {
  let sum: number | undefined;
  for (const member of members) {
    const told = member[way].get(topic);
    const rate = told === undefined ? counted(member) : told.at(now_ms);
    if (rate !== undefined) sum = (sum ?? 0) + rate;
  }
  return sum;
}

/** Of all that a node puts out or takes in, pulses aside. */
export function totalRateOf({ members }: GraphNode, way: 'in' | 'out', now_ms: number): number {
  let sum = 0;
  for (const member of members)
    for (const [family, rate] of member[way]) if (family !== PULSE) sum += rate.at(now_ms) ?? 0;
  return sum;
}

/** Counts of pulses lag behind each other: what is so near to all is all. */
const ALL_FROM = 0.8;

/**
 * The share of what an edge's publisher puts out that takes this edge, 0 to 1: all of it, unless the listener says that it takes
 * less in than everybody together puts out, as one of several that share the work, or one that wants some machines alone.
 */
export function shareOf(edge: GraphEdge, edges: readonly GraphEdge[], now_ms: number): number {
  const taken = rateOf(edge.to, 'in', edge.topic, now_ms);
  if (taken === undefined) return 1;
  let all = 0;
  for (const { from, to, topic } of edges) {
    if (to === edge.to && topic === edge.topic) all += rateOf(from, 'out', topic, now_ms) ?? 0;
  }
  if (all <= 0) return 1;
  const share = taken / all;
  return share >= ALL_FROM ? 1 : share;
}

/** Who tells its counts and does not name a topic had no message of it. */
function counted({ beat, instance }: Member): 0 | undefined {
  return beat !== undefined && instance.stranger !== true ? 0 : undefined;
}
