// Slack, by an incoming webhook, or by a bot of one's own: then what follows goes into the thread of the first.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
// https://docs.slack.dev/reference/methods/chat.postMessage

import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { type Channel, defineChannel } from '../channel.ts';
import { Address, type Answer, cut, fieldOf, notUnderstood, request, secretAddress, textOf } from '../http.ts';
import type { Notice } from '../notice.ts';
import { bodyText, colourOf } from '../wording.ts';

/** A message with more is refused; what people read is shorter by far. */
const CHARACTERS_MAX = 3_000;

export const slack = defineChannel({
  type: 'slack',
  says: 'Slack, by an incoming webhook or a bot (then in threads)',
  config: {
    url: Type.Optional(Secret('the address of the incoming webhook')),
    token: Type.Optional(Secret('the token of a bot, instead of a webhook')),
    channel: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Where the bot writes',
        wanted: 'the id of a channel, as "C0123456789"',
      }),
    ),
    address: Address('Where the bot calls', 'https://slack.com'),
  },
  open: ({ url, token, channel, address }, tools): Channel => {
    if (url !== undefined && token === undefined) {
      const webhook = secretAddress(tools, 'url', url);
      return {
        send: async (notice, _thread, signal) => {
          const answer = await request({ url: webhook, key: notice.key, body: messageOf(notice) }, signal);
          if (answer.text.trim() !== 'ok') throw notUnderstood(answer);
          return undefined;
        },
      };
    }
    if (url !== undefined || token === undefined || channel === undefined) {
      throw tools.refuse('url', 'it takes a webhook, or a bot and its channel', 'url, or token and channel');
    }
    const authorization = `Bearer ${tools.secret('token', token)}`;
    return {
      send: async (notice, thread, signal) => {
        const body = { channel, ...messageOf(notice), ...(thread === undefined ? {} : { thread_ts: thread }) };
        const posting = { url: `${address}/api/chat.postMessage`, key: notice.key, headers: { authorization }, body };
        const id = idIn(await request(posting, signal));
        return thread ?? id;
      },
    };
  },
});

function messageOf(notice: Notice): object {
  return {
    text: escaped(notice.title),
    attachments: [{ color: colourOf(notice), fallback: escaped(notice.title), text: escaped(bodyText(notice)) }],
  };
}

/** A bot's mistakes come with 200 and `ok: false`. */
function idIn(answer: Answer): string {
  const id = textOf(answer.json, 'ts');
  if (fieldOf(answer.json, 'ok') !== true || id === undefined) throw notUnderstood(answer);
  return id;
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping: what remains cannot call a channel. */
function escaped(text: string): string {
  return cut(text, CHARACTERS_MAX).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
