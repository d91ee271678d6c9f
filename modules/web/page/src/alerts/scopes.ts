// What a silence can be of, and until when: from the choices of the dialog to what is ordered.

import type { AlertRow, Ask } from '../../../wire/frames.ts';

export const SCOPES = ['alert', 'machine', 'pattern', 'resource', 'rule'] as const;
export type Scope = (typeof SCOPES)[number];

export const LENGTHS = ['hour', 'two_hours', 'morning', 'week', 'custom'] as const;
export type Length = (typeof LENGTHS)[number];

const HOUR_MS = 3_600_000;
const MORNING_HOUR = 8;

type Held = Pick<Extract<Ask, { readonly do: 'silence' }>, 'machines' | 'rules' | 'resources'>;

/** Which alerts it holds for. @param row the alert it is made from; without one it is a pattern's */
export function heldIn(scope: Scope, row: AlertRow | undefined, pattern: string): Held {
  if (row === undefined || scope === 'pattern') return { machines: pattern };
  const { machine, rule, resource } = row;
  if (scope === 'machine') return { machines: machine };
  if (scope === 'resource') return { machines: '#', resources: [resource] };
  if (scope === 'rule') return { machines: '#', rules: [rule] };
  return { machines: machine, rules: [rule], resources: [resource] };
}

/** The pattern that somebody may mean: those that share the first word of the machine's name, where it has several. */
export function patternFor(machine: string | undefined): string {
  const words = machine?.split('.') ?? [];
  return words.length > 1 ? `${words[0]}.#` : '#';
}

/**
 * When it ends, by this device's clock; NaN for what is no moment.
 *
 * @param custom what a field for a date and a time holds, `2026-11-26T08:00`
 */
export function endOf(length: Length, custom: string, now_ms: number): number {
  switch (length) {
    case 'hour':
      return now_ms + HOUR_MS;
    case 'two_hours':
      return now_ms + 2 * HOUR_MS;
    case 'week':
      return now_ms + 7 * 24 * HOUR_MS;
    case 'morning': {
      const morning = new Date(now_ms);
      morning.setDate(morning.getDate() + 1);
      return morning.setHours(MORNING_HOUR, 0, 0, 0);
    }
    case 'custom':
      return new Date(custom).getTime();
  }
}

/** A moment as a field for a date and a time takes it, by this device's clock. */
export function fieldOf(time_ms: number): string {
  const date = new Date(time_ms);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Whether an alert is held by it: as who keeps the alerts decides it. */
export function holds({ machines, rules, resources }: Held, { machine, rule, resource }: AlertRow): boolean {
  return (
    fits(machines.split('.'), machine.split('.')) &&
    (rules?.includes(rule) ?? true) &&
    (resources?.some((each) => resource === each || resource.startsWith(`${each} `)) ?? true)
  );
}

/** Whether words fit a pattern: `*` is one word, `#` any number. */
function fits(wanted: readonly string[], words: readonly string[]): boolean {
  /** How many words the pattern read so far can have taken. */
  let reach = new Set([0]);
  for (const want of wanted) {
    const next = new Set<number>();
    for (const taken of reach) {
      if (want === '#') for (let n = taken; n <= words.length; n++) next.add(n);
      else if (taken < words.length && (want === '*' || want === words[taken])) next.add(taken + 1);
    }
    reach = next;
  }
  return reach.has(words.length);
}

/** A name for a silence that nobody else takes. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
