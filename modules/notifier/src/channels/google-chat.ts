// Google Chat, by a webhook of a space; what follows goes into the thread of the first.
// https://developers.google.com/workspace/chat/quickstart/webhooks

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { cut, notUnderstood, request, secretAddress, textOf } from '../http.ts';
import { keyOf } from '../notice.ts';
import { callingNobody, plainText } from '../wording.ts';

const CHARACTERS_MAX = 4_000;

export const google_chat = defineChannel({
  type: 'google_chat',
  says: 'Google Chat, by a webhook, in threads',
  config: { url: Secret('the address of the webhook') },
  open: ({ url }, tools) => {
    const webhook = new URL(secretAddress(tools, 'url', url));
    webhook.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
    return {
      send: async (notice, _thread, signal) => {
        // A name of our choice for the thread: there is nothing to remember.
        const thread = { threadKey: keyOf([notice.group]) };
        const body = { text: cut(callingNobody(plainText(notice)), CHARACTERS_MAX), thread };
        const answer = await request({ url: webhook.href, key: notice.key, body }, signal);
        if (textOf(answer.json, 'name') === undefined) throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
