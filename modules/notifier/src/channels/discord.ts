// Discord, by a webhook. https://docs.discord.com/developers/resources/webhook#execute-webhook

import { defineChannel } from '../channel.ts';
import { cut, notUnderstood, request, secretAddress, textOf } from '../http.ts';
import { Secret } from '../secret.ts';
import { bodyText, colourOf } from '../wording.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const TITLE_CHARACTERS_MAX = 256;
const TEXT_CHARACTERS_MAX = 4_096;

export const discord = defineChannel({
  type: 'discord',
  says: 'Discord, by a webhook',
  config: { url: Secret('the address of the webhook') },
  open: ({ url }, tools) => {
    const webhook = new URL(secretAddress(tools, 'url', url));
    // The answer then says that the message is there, not only that it was understood.
    webhook.searchParams.set('wait', 'true');
    return {
      send: async (notice, _thread, signal) => {
        const embed = {
          title: cut(notice.title, TITLE_CHARACTERS_MAX),
          description: cut(bodyText(notice), TEXT_CHARACTERS_MAX),
          color: Number.parseInt(colourOf(notice).slice(1), 16),
          timestamp: new Date(notice.time_ms).toISOString(),
        };
        // Nobody is called, whatever a sentence holds.
        const body = { embeds: [embed], allowed_mentions: { parse: [] } };
        const answer = await request({ url: webhook.href, key: notice.key, body }, signal);
        if (textOf(answer.json, 'id') === undefined) throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
