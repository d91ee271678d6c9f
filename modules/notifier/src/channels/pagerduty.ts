// PagerDuty, Events API v2: an incident there is one of ours, and ends with it.
// https://developer.pagerduty.com/docs/events-api-v2/trigger-events/

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { Address, cut, fieldOf, notUnderstood, request } from '../http.ts';
import { keyOf } from '../notice.ts';

/** What a summary may have; more is refused. */
const SUMMARY_CHARACTERS_MAX = 1_024;

export const pagerduty = defineChannel({
  type: 'pagerduty',
  says: 'PagerDuty, where an incident opens and ends with ours',
  config: {
    routing_key: Secret('the integration key of the service'),
    address: Address('The service; https://events.eu.pagerduty.com in the EU', 'https://events.pagerduty.com'),
  },
  open: ({ routing_key: place, address }, tools) => {
    const routing_key = tools.secret('routing_key', place);
    return {
      send: async (notice, _thread, signal) => {
        const [first] = notice.alerts;
        const body = {
          routing_key,
          event_action: notice.kind === 'cleared' ? 'resolve' : 'trigger',
          // The same incident, the same key: an update, and the second of two that are the same, change nothing else.
          dedup_key: keyOf([notice.group]),
          payload: {
            summary: cut(notice.title, SUMMARY_CHARACTERS_MAX),
            source: first?.machine ?? 'ganglion',
            severity: notice.severity,
            timestamp: new Date(notice.time_ms).toISOString(),
            ...(first === undefined ? {} : { component: first.alert.resource, class: first.alert.rule }),
            custom_details: { text: notice.text, count: notice.count },
          },
          ...(notice.link === undefined ? {} : { links: [{ href: notice.link, text: 'Ganglion' }] }),
        };
        const answer = await request({ url: `${address}/v2/enqueue`, key: notice.key, body }, signal);
        if (fieldOf(answer.json, 'status') !== 'success') throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
