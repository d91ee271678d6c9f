// Units of systemd that failed: a service that does not come up any more, a disk that was not mounted. From systemd itself,
// which alone knows them, by one question over the system's bus: no program is started for it, see decision 20. Costs a
// millisecond.
//
// Absent where there is no systemd, or no such bus: in most containers, unless the machine's /run is mounted beside its /proc.

import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Question } from '../dbus-message.ts';
import { Count } from '../figures.ts';
import { defineProbe, type Reading } from '../probe.ts';

/** Failed units whose names are in a measure; the others are counted. */
export const FAILED_MAX = 32;

/** Characters of a unit's name. */
const NAME_MAX = 96;

const schema = Type.Object({
  failed: Count('Failed units'),
  failed_units: Type.Optional(Type.Array(Type.String(), { title: 'Which failed' })),
  left_out: Type.Optional(Count(`Failed units beyond the first ${FAILED_MAX}`)),
});

export const units = defineProbe({
  name: 'units',
  schema,
  every_ms: 30_000,
  open: ({ system_bus }) => ({
    read: async () => {
      const answer = await system_bus?.ask(FAILED);
      return answer && failedIn(answer);
    },
  }),
});

const FAILED: Question = {
  service: 'org.freedesktop.systemd1',
  object: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
  method: 'ListUnitsFiltered',
  texts: ['failed'],
};

/** A unit by its name, what it is for, and more that is not looked at. */
const Units = Type.Array(Type.Array(Type.Unknown()));

/** Reads what systemd answers, see org.freedesktop.systemd1(5). Undefined when it is not that. */
export function failedIn([units]: readonly unknown[]): Reading<Static<typeof schema>> | undefined {
  if (!Value.Check(Units, units)) return undefined;
  const names = units.flatMap(([name]) => (typeof name === 'string' ? [oneLine(name, NAME_MAX)] : []));
  if (names.length < units.length) return undefined;
  const failed = names.length;
  if (failed === 0) return { figures: { failed } };
  const figures: Static<typeof schema> = { failed, failed_units: names.toSorted().slice(0, FAILED_MAX) };
  if (failed > FAILED_MAX) figures.left_out = failed - FAILED_MAX;
  return { figures };
}
