// How a node, an edge and its figures are said.

import { durationOf, lastingOf, spanOf } from '../format.ts';
import { texts } from '../texts.ts';
import { FRAMES, type GraphEdge, type GraphNode, totalRateOf, YOU } from './graph.ts';
import type { Losses, Standing } from './population.ts';
import { rateText } from './rates.ts';

const words = texts.system;

/** How the members of a node stand. */
export interface Standings {
  readonly alive: number;
  readonly late: number;
  readonly dead: number;
}

export function standingsOf({ members }: GraphNode, now_ms: number): Standings {
  const standings = { alive: 0, late: 0, dead: 0 };
  for (const member of members) standings[member.standingAt(now_ms)]++;
  return standings;
}

/** How a node stands as one: its worst, unless most of many are well. */
export function standingOf(node: GraphNode, now_ms: number): Standing {
  const { alive, late } = standingsOf(node, now_ms);
  if (alive > 0 || node.members.length === 0) return 'alive';
  return late > 0 ? 'late' : 'dead';
}

export function nameOf({ kind, id, module, members }: GraphNode): string {
  if (id === YOU) return words.you;
  if (kind === 'end') return words.nobody;
  if (kind === 'module') return words.many(module, members.length);
  const instance = members[0]?.instance;
  return instance?.stranger === true ? instance.instance : module;
}

/** Where it runs: a host, of a tracker its machine, of a stranger that it is one. */
export function placeOf({ kind, members }: GraphNode): string {
  const instance = members[0]?.instance;
  if (kind !== 'instance' || instance === undefined) return '';
  if (instance.stranger === true) return words.stranger;
  return instance.machine ?? instance.host ?? instance.instance;
}

/** Its full name aloud: `tracker on db-01`. */
export function callOf(node: GraphNode): string {
  const place = placeOf(node);
  if (node.kind !== 'instance' || place === '') return nameOf(node);
  return node.members[0]?.instance.stranger === true ? `${nameOf(node)}, ${place}` : words.on(nameOf(node), place);
}

export function lossesOf({ members }: GraphNode, kind: 'dropped' | 'failed'): Losses {
  let total = 0;
  let now = 0;
  for (const { lost } of members) {
    total += lost[kind].total;
    now += lost[kind].now;
  }
  return { total, now };
}

/** What a node does or why it is gone, in a line. */
export function stateOf(node: GraphNode, now_ms: number): string {
  const { alive, late, dead } = standingsOf(node, now_ms);
  const [member] = node.members;
  if (member === undefined) return '';
  if (node.kind === 'module') return words.standings(alive, late, dead);
  const { gone, born_ms } = member.instance;
  if (gone !== undefined) return words.gone(gone.cause, spanOf(now_ms - gone.died_ms));
  if (late > 0) return words.late(durationOf(now_ms - member.heard_ms));
  return lastingOf(born_ms, now_ms);
}

export function flowOf(node: GraphNode, now_ms: number): string {
  return words.flow(rateText(totalRateOf(node, 'in', now_ms)), rateText(totalRateOf(node, 'out', now_ms)));
}

export function topicOf({ topic }: GraphEdge): string {
  return topic === FRAMES ? words.frames : topic;
}

/** `tracker on db-01 publishes measure to analyzer on db-01, 1 message a second`. */
export function edgeCall(edge: GraphEdge, rate: number | undefined): string {
  const from = callOf(edge.from);
  const flowing = rate === undefined ? words.unknownRate : words.messagesASecond(rateText(rate));
  if (edge.topic === FRAMES) return words.framesCall(from, flowing);
  if (edge.to.kind === 'end') return words.unheardCall(from, edge.topic, flowing);
  return words.edgeCall(from, edge.topic, callOf(edge.to), flowing);
}

/** What a tap on an edge listens to: of one machine's tracker its own messages, else the whole topic. */
export function patternOf({ from, topic }: GraphEdge): string {
  const machine = from.kind === 'instance' ? from.members[0]?.instance.machine : undefined;
  return machine === undefined || /[*#\s]/.test(machine) ? `#.${topic}` : `${machine}.${topic}`;
}
