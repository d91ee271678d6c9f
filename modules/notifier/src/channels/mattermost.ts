// Mattermost, by an incoming webhook. https://developers.mattermost.com/integrate/webhooks/incoming/

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { cut, notUnderstood, request, secretAddress } from '../http.ts';
import { bodyText, callingNobody, colourOf } from '../wording.ts';

/** More is cut into several posts. */
const CHARACTERS_MAX = 4_000;

export const mattermost = defineChannel({
  type: 'mattermost',
  says: 'Mattermost, by an incoming webhook',
  config: { url: Secret('the address of the incoming webhook') },
  open: ({ url }, tools) => {
    const webhook = secretAddress(tools, 'url', url);
    return {
      send: async (notice, _thread, signal) => {
        const title = cut(callingNobody(notice.title), CHARACTERS_MAX);
        const text = cut(callingNobody(bodyText(notice)), CHARACTERS_MAX);
        const body = { text: title, attachments: [{ color: colourOf(notice), fallback: title, text }] };
        const answer = await request({ url: webhook, key: notice.key, body }, signal);
        if (answer.text.trim() !== 'ok') throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
