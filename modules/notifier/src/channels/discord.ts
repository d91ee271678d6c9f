// Discord, by a webhook; in a forum each incident is a post, and what follows goes into it.
// https://docs.discord.com/developers/resources/webhook#execute-webhook

import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel } from '../channel.ts';
import { cut, notUnderstood, request, secretAddress, textOf } from '../http.ts';
import { bodyText, colourOf } from '../wording.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const TITLE_CHARACTERS_MAX = 256;
const TEXT_CHARACTERS_MAX = 4_096;

/** https://docs.discord.com/developers/resources/channel#channel-object: the name of a thread. */
const THREAD_CHARACTERS_MAX = 100;

export const discord = defineChannel({
  type: 'discord',
  says: 'Discord, by a webhook, in a forum in threads',
  config: {
    url: Secret('the address of the webhook'),
    forum: Type.Boolean({
      default: false,
      description: 'Whether it is the webhook of a forum, where each incident is a post',
      wanted: 'true or false',
    }),
  },
  open: ({ url, forum }, tools) => {
    const webhook = secretAddress(tools, 'url', url);
    return {
      send: async (notice, thread, signal) => {
        const address = new URL(webhook);
        // The answer then says that the message is there, not only that it was understood.
        address.searchParams.set('wait', 'true');
        if (forum && thread !== undefined) address.searchParams.set('thread_id', thread);
        const post = forum && thread === undefined ? { thread_name: cut(notice.title, THREAD_CHARACTERS_MAX) } : {};
        const embed = {
          title: cut(notice.title, TITLE_CHARACTERS_MAX),
          description: cut(bodyText(notice), TEXT_CHARACTERS_MAX),
          color: Number.parseInt(colourOf(notice).slice(1), 16),
          timestamp: new Date(notice.time_ms).toISOString(),
        };
        // Nobody is called, whatever a sentence holds.
        const body = { embeds: [embed], allowed_mentions: { parse: [] }, ...post };
        const answer = await request({ url: address.href, key: notice.key, body }, signal);
        if (textOf(answer.json, 'id') === undefined) throw notUnderstood(answer);
        // A post in a forum is a channel, and its first message says which.
        return forum ? (thread ?? textOf(answer.json, 'channel_id')) : undefined;
      },
    };
  },
});
