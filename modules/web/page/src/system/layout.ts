// Where everything stands: dagre ranks the nodes by what flows, and the fibres between them are drawn as curves.

import { graphlib, layout as place } from '@dagrejs/dagre';
import { FRAMES, type Graph, type GraphNode } from './graph.ts';

/** Left to right, or top to bottom where the screen is narrow. */
export type Direction = 'LR' | 'TB';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  /** By node: the middle of its body. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** By edge: what its curve goes through, ends included. */
  readonly edges: ReadonlyMap<string, readonly Point[]>;
  /** By edge: where its label stands. */
  readonly labels: ReadonlyMap<string, Point>;
}

/** What a node takes, and where in it the body is. */
export interface Box {
  readonly width: number;
  readonly height: number;
  /** From the left upper corner to the middle of the body. */
  readonly body: Point;
}

/** The radius of a body with one instance, and with many. */
export const BODY = 13;
export const BODY_MANY = 26;

/** Between two fibres of one node, where they leave its box. */
const FIBRES_APART = 9;

/** So far from a box's middle, as a share of its size, its fibres part. */
const RIM = 0.4;

export function radiusOf({ kind, members }: GraphNode): number {
  if (kind === 'end') return 3;
  return kind === 'module' && members.length > 1 ? BODY_MANY : BODY;
}

/**
 * Every body stands equally far from the middle of its box, so that a fibre that dagre draws straight is straight from body to
 * body: under it where the flow goes from left to right, beside it where it goes down.
 */
const OFF_MIDDLE = { LR: { x: 0, y: -31 }, TB: { x: -40, y: 0 } };

export function boxOf(node: GraphNode, direction: Direction): Box {
  const radius = radiusOf(node);
  const off = OFF_MIDDLE[direction];
  const of = (width: number, height: number): Box => ({
    width,
    height,
    body: { x: width / 2 + off.x, y: height / 2 + off.y },
  });
  if (direction === 'LR') return node.kind === 'end' ? of(12, 76) : of(node.kind === 'you' ? 60 : 150, radius * 2 + 78);
  return node.kind === 'end' ? of(96, 12) : of(radius > BODY ? 136 : 118, Math.max(64, radius * 2 + 12));
}

/** How wide a label is, about: a text's width is not known before it is drawn. */
function labelWidth(topic: string): number {
  return Math.max(44, topic.length * 7.2 + 8);
}

const LABEL_HEIGHT = 36;

/** Between a fibre that goes down and its label. */
const LABEL_OFF = 5;

export function layOut(graph: Graph, direction: Direction): Layout {
  const drawn = new graphlib.Graph({ multigraph: true });
  const wide = direction === 'LR';
  drawn.setGraph({ rankdir: direction, nodesep: wide ? 26 : 8, edgesep: wide ? 22 : 8, ranksep: wide ? 100 : 60 });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) {
    const { width, height } = boxOf(node, direction);
    drawn.setNode(node.id, { width, height });
  }
  for (const { id, from, to, topic } of graph.edges) {
    const label = {
      width: labelWidth(topic),
      height: LABEL_HEIGHT,
      labelpos: wide ? 'c' : 'r',
      labeloffset: LABEL_OFF,
    };
    drawn.setEdge(from.id, to.id, { ...label, weight: topic === FRAMES ? 4 : 1 }, id);
  }
  place(drawn);

  const nodes = new Map<string, Point>();
  const corners = new Map<string, { left: number; top: number; box: Box }>();
  for (const node of graph.nodes) {
    const { x, y } = drawn.node(node.id);
    const box = boxOf(node, direction);
    const left = x - box.width / 2;
    const top = y - box.height / 2;
    corners.set(node.id, { left, top, box });
    nodes.set(node.id, { x: left + box.body.x, y: top + box.body.y });
  }
  const between = new Map<string, Point[]>();
  const labels = new Map<string, Point>();
  const off = OFF_MIDDLE[direction];
  for (const { id, from, to, topic } of graph.edges) {
    const laid = drawn.edge({ v: from.id, w: to.id, name: id });
    const points: readonly Point[] = laid.points;
    const { x, y }: { x?: number; y?: number } = laid;
    // The first and the last are on the boxes' rims: the fibres have places of their own there.
    const inner = points.slice(1, -1).map((point) => ({ x: point.x + off.x, y: point.y + off.y }));
    if (x !== undefined && y !== undefined) {
      const along = wide ? x + off.x : y + off.y;
      const at = inner.findIndex((point) => Math.abs((wide ? point.x : point.y) - along) < 1);
      const point = inner[at] ?? { x: x + off.x, y: y + off.y };
      labels.set(id, wide ? point : { x: point.x + LABEL_OFF, y: point.y });
      // It runs straight past its label.
      const half = (wide ? labelWidth(topic) : LABEL_HEIGHT) / 2;
      const before = wide ? { x: point.x - half, y: point.y } : { x: point.x, y: point.y - half };
      const after = wide ? { x: point.x + half, y: point.y } : { x: point.x, y: point.y + half };
      const backward = isBackward(points, wide);
      if (at !== -1) inner.splice(at, 1, ...(backward ? [after, before] : [before, after]));
    }
    between.set(id, inner);
  }
  const edges = new Map<string, readonly Point[]>();
  const rims = rimsOf(graph, direction, nodes, corners, between);
  for (const { id, from, to } of graph.edges) {
    const start = nodes.get(from.id);
    const end = nodes.get(to.id);
    const rim = rims.get(id);
    if (start === undefined || end === undefined || rim === undefined) continue;
    edges.set(id, [start, ...rim.leaving, ...(between.get(id) ?? []), ...rim.arriving, end]);
  }
  const { width = 0, height = 0 } = drawn.graph();
  return { direction, width, height, nodes, edges, labels };
}

/** Whether an edge goes against the flow. */
function isBackward(points: readonly Point[], wide: boolean): boolean {
  const [first, last] = [points[0], points.at(-1)];
  return first !== undefined && last !== undefined && (wide ? last.x < first.x : last.y < first.y);
}

/** Where each fibre passes the rims of the two boxes: beside the others, in the order in which they go on. */
function rimsOf(
  graph: Graph,
  direction: Direction,
  nodes: ReadonlyMap<string, Point>,
  corners: ReadonlyMap<string, { left: number; top: number; box: Box }>,
  between: ReadonlyMap<string, readonly Point[]>,
): Map<string, { leaving: Point[]; arriving: Point[] }> {
  const along = direction === 'LR' ? 'x' : 'y';
  const across = direction === 'LR' ? 'y' : 'x';
  const rims = new Map<string, { leaving: Point[]; arriving: Point[] }>();
  for (const { id } of graph.edges) rims.set(id, { leaving: [], arriving: [] });
  for (const node of graph.nodes) {
    const middle = nodes.get(node.id);
    const corner = corners.get(node.id);
    if (middle === undefined || corner === undefined || node.kind === 'end') continue;
    const { left, top, box } = corner;
    const size = along === 'x' ? box.width : box.height;
    const edge = (along === 'x' ? left : top) + size / 2;
    const [near, far] = [edge - size * RIM, edge + size * RIM];
    const sides = new Map<number, { id: string; towards: number; way: 'leaving' | 'arriving' }[]>();
    for (const { id, from, to } of graph.edges) {
      for (const way of ['leaving', 'arriving'] as const) {
        if ((way === 'leaving' ? from : to) !== node) continue;
        const points = between.get(id) ?? [];
        const other = nodes.get(way === 'leaving' ? to.id : from.id);
        const next = (way === 'leaving' ? points[0] : points.at(-1)) ?? other;
        if (next === undefined) continue;
        const side = next[along] < middle[along] ? near : far;
        const fibres = sides.get(side) ?? [];
        fibres.push({ id, towards: next[across], way });
        sides.set(side, fibres);
      }
    }
    for (const [side, fibres] of sides) {
      fibres.sort((a, b) => a.towards - b.towards);
      const apart = Math.min(FIBRES_APART, (radiusOf(node) * 2) / fibres.length);
      fibres.forEach(({ id, way }, i) => {
        const off = middle[across] + (i - (fibres.length - 1) / 2) * apart;
        const point = along === 'x' ? { x: side, y: off } : { x: off, y: side };
        rims.get(id)?.[way].push(point);
      });
    }
  }
  return rims;
}

/** One piece of a curve, from `a` to `b`; its ends run along the direction of the flow, so that pieces meet smoothly. */
function handles(a: Point, b: Point, direction: Direction): readonly [Point, Point] {
  if (direction === 'LR') {
    const middle = (a.x + b.x) / 2;
    return [
      { x: middle, y: a.y },
      { x: middle, y: b.y },
    ];
  }
  const middle = (a.y + b.y) / 2;
  return [
    { x: a.x, y: middle },
    { x: b.x, y: middle },
  ];
}

/** A curve through points as SVG writes it. */
export function pathOf(points: readonly Point[], direction: Direction): string {
  const round = (n: number) => Math.round(n * 10) / 10;
  let path = '';
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (before === undefined) {
      path += `M${round(point.x)} ${round(point.y)}`;
      return;
    }
    const [one, two] = handles(before, point, direction);
    path += `C${round(one.x)} ${round(one.y)} ${round(two.x)} ${round(two.y)} ${round(point.x)} ${round(point.y)}`;
  });
  return path;
}

/** A curve as points one after the other, and how far each is from the start. */
export interface Track {
  readonly points: readonly Point[];
  readonly lengths: readonly number[];
}

/** Pieces that each part of a curve is cut into. */
const PIECES = 12;

export function trackOf(points: readonly Point[], direction: Direction): Track {
  const cut: Point[] = [];
  const lengths: number[] = [];
  const add = (point: Point) => {
    const before = cut.at(-1);
    lengths.push(before === undefined ? 0 : (lengths.at(-1) ?? 0) + Math.hypot(point.x - before.x, point.y - before.y));
    cut.push(point);
  };
  points.forEach((b, i) => {
    const a = points[i - 1];
    if (a === undefined) {
      add(b);
      return;
    }
    const [one, two] = handles(a, b, direction);
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      const [p, q, r, s] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t ** 3];
      add({
        x: p * a.x + q * one.x + r * two.x + s * b.x,
        y: p * a.y + q * one.y + r * two.y + s * b.y,
      });
    }
  });
  return { points: cut, lengths };
}

/** Where a track is at a share of its length, 0 to 1. */
export function pointAt({ points, lengths }: Track, share: number): Point {
  const wanted = Math.min(1, Math.max(0, share)) * (lengths.at(-1) ?? 0);
  let low = 0;
  let high = lengths.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lengths[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const to = points[low] ?? { x: 0, y: 0 };
  const from = points[low - 1];
  if (from === undefined) return to;
  const [start, end] = [lengths[low - 1] ?? 0, lengths[low] ?? 0];
  const part = end === start ? 1 : (wanted - start) / (end - start);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
