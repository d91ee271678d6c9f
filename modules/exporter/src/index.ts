// The exporter: listens to what the machines measure and how they are judged, and hands it to other people's tools.

import { defineModule, live, readSecret, unread } from '@ganglion/kernel';
import { analysis, birth, death, measure } from '@ganglion/topics';
import Type from 'typebox';
import { Fleet } from './fleet.ts';
import type { Format, Open } from './format.ts';
import * as every from './formats/index.ts';

const formats: readonly Format[] = Object.values(every);

/** The newest is what counts: when the exporter falls behind, the oldest go. As many as presence and the page's server want: in one process they share. */
const NEWEST = { limit_messages: 20_000, in_flight_max: 1_000 };
const NEWEST_ANALYSES = { ...NEWEST, limit_messages: 10_000 };

export default defineModule({
  name: 'exporter',
  listens: {
    // Asked or sent now and then: most of what comes is never read.
    measure: unread(measure, NEWEST),
    analysis: unread(analysis, NEWEST_ANALYSES),
    birth: live(birth, NEWEST),
    death: live(death, NEWEST),
  },
  config: Type.Object(Object.fromEntries(formats.map(({ name, config }) => [name, config])), {
    additionalProperties: false,
  }),
  start: async ({ config, bus, log, count, onStop, stopping }) => {
    const fleet = new Fleet({ count });
    const open: Open[] = [];
    onStop(() => Promise.all(open.map((each) => each.close())));
    for (const { name, config: schema, open: set } of formats) {
      const given = config[name];
      const secret = (setting: string, place: Parameters<typeof readSecret>[1]) =>
        readSecret(`exporter.${name}.${setting}`, place);
      if (!isOf(schema, given)) continue;
      const opened = await set(given, { fleet, log, count, stopping, secret });
      if (opened !== undefined) open.push(opened);
    }
    // Without anybody to hand them to, nothing is kept.
    if (open.length === 0) return { measure() {}, analysis() {}, birth() {}, death() {} };

    fleet.listensSince(bus.status.since_ms);
    onStop(
      bus.onStatus(({ connected, since_ms }) => fleet.listensSince(connected ? since_ms : Number.POSITIVE_INFINITY)),
    );

    return {
      measure: (heard) => fleet.measured(heard),
      analysis: (heard) => fleet.analysed(heard),
      birth: ({ source, body, received_ms }) => {
        if (body.kind === 'machine') fleet.born(source, body, received_ms);
      },
      death: ({ source, body, received_ms }) => {
        if (body.kind === 'machine') fleet.died(source, body, received_ms);
      },
    };
  },
});

/** The kernel has checked the settings against the schema that these are a part of. */
function isOf(_schema: unknown, given: unknown): given is never {
  return typeof given === 'object' && given !== null;
}
