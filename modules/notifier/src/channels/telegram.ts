// Telegram, by a bot; what follows answers the first. https://core.telegram.org/bots/api#sendmessage

import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel } from '../channel.ts';
import { Address, cut, fieldOf, notUnderstood, request, textOf } from '../http.ts';
import { plainText } from '../wording.ts';

const CHARACTERS_MAX = 4_096;

export const telegram = defineChannel({
  type: 'telegram',
  says: 'Telegram, by a bot, what follows as answers to the first',
  config: {
    token: Secret('the token of the bot'),
    chat: Type.String({
      minLength: 1,
      description: 'Where it writes',
      wanted: 'the id of a chat, as "-1001234567890"',
    }),
    address: Address('The service', 'https://api.telegram.org'),
  },
  open: ({ token, chat, address }, tools) => {
    const url = `${address}/bot${tools.secret('token', token)}/sendMessage`;
    return {
      send: async (notice, thread, signal) => {
        // Without a parse mode, so that nothing in a sentence is taken for a format.
        const body = {
          chat_id: chat,
          text: cut(plainText(notice), CHARACTERS_MAX),
          link_preview_options: { is_disabled: true },
          ...(thread === undefined
            ? {}
            : { reply_parameters: { message_id: Number(thread), allow_sending_without_reply: true } }),
        };
        const answer = await request({ url, key: notice.key, body }, signal);
        const id = textOf(fieldOf(answer.json, 'result'), 'message_id');
        if (fieldOf(answer.json, 'ok') !== true || id === undefined) throw notUnderstood(answer);
        return thread ?? id;
      },
    };
  },
});
