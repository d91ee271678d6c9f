// Opsgenie: an alert there is an incident of ours, and is closed with it.
// https://docs.opsgenie.com/docs/alert-api#create-alert and #close-alert, #add-note-to-alert, #update-alert-priority
//
// Its successor, Jira Service Management, takes the same requests at https://api.atlassian.com/jsm/ops/integration.

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { Address, cut, notUnderstood, request, textOf } from '../http.ts';
import { keyOf, type Notice } from '../notice.ts';

/** What the service takes; it cuts off or refuses more. */
const MESSAGE_CHARACTERS_MAX = 130;
const DESCRIPTION_CHARACTERS_MAX = 15_000;

const PRIORITIES = { info: 'P5', warning: 'P3', critical: 'P1' } as const;

export const opsgenie = defineChannel({
  type: 'opsgenie',
  says: 'Opsgenie, where an alert opens and closes with an incident',
  config: {
    api_key: Secret('the key of the API integration'),
    address: Address(
      'The service; https://api.eu.opsgenie.com in the EU, https://api.atlassian.com/jsm/ops/integration for Jira Service Management',
      'https://api.opsgenie.com',
    ),
  },
  open: ({ api_key, address }, tools) => {
    const headers = { authorization: `GenieKey ${tools.secret('api_key', api_key)}` };
    return {
      send: async (notice, thread, signal) => {
        const alias = keyOf([notice.group]);
        for (const { path, body, method } of callsOf(notice, alias, thread)) {
          const url = `${address}/v2/alerts${path}`;
          const answer = await request({ url, key: notice.key, method, headers, body }, signal);
          if (textOf(answer.json, 'requestId') === undefined) throw notUnderstood(answer);
        }
        return thread ?? alias;
      },
    };
  },
});

interface Call {
  readonly path: string;
  readonly body: object;
  readonly method: 'POST' | 'PUT';
}

function callsOf(notice: Notice, alias: string, thread: string | undefined): Call[] {
  const { kind, title, text, severity, alerts, key } = notice;
  const note = cut(`${title}\n${text}`, DESCRIPTION_CHARACTERS_MAX);
  const onAlert = (what: string, body: object, method: Call['method'] = 'POST'): Call => ({
    path: `/${alias}/${what}?identifierType=alias`,
    body,
    method,
  });
  if (kind === 'cleared') return [onAlert('close', { source: 'ganglion', note })];
  if (kind === 'changed' && thread !== undefined) {
    // A repeat of an alert leaves its priority as it was.
    return [
      onAlert('priority', { priority: PRIORITIES[severity] }, 'PUT'),
      onAlert('notes', { source: 'ganglion', note }),
    ];
  }
  const body = {
    message: cut(title, MESSAGE_CHARACTERS_MAX),
    alias,
    description: cut(text, DESCRIPTION_CHARACTERS_MAX),
    priority: PRIORITIES[severity],
    source: 'ganglion',
    details: { key, machine: alerts[0]?.machine ?? '', rule: alerts[0]?.alert.rule ?? '' },
  };
  return [{ path: '', body, method: 'POST' }];
}
