// Gotify, on a server of one's own. https://gotify.net/docs/pushmsg

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { Address, cut, notUnderstood, request, textOf } from '../http.ts';
import { bodyText } from '../wording.ts';

const CHARACTERS_MAX = 10_000;

/** 4 and more make a sound, 8 and more stay on the screen. */
const PRIORITIES = { info: 2, warning: 5, critical: 8 } as const;

export const gotify = defineChannel({
  type: 'gotify',
  says: 'Gotify, on a server of your own',
  config: { address: Address('The server'), token: Secret('the token of the application') },
  open: ({ address, token }, tools) => {
    const headers = { 'x-gotify-key': tools.secret('token', token) };
    return {
      send: async (notice, _thread, signal) => {
        const body = {
          title: notice.title,
          message: cut(bodyText(notice), CHARACTERS_MAX),
          priority: notice.kind === 'cleared' ? PRIORITIES.info : PRIORITIES[notice.severity],
        };
        const url = `${address.replace(/\/$/, '')}/message`;
        const answer = await request({ url, key: notice.key, headers, body }, signal);
        if (textOf(answer.json, 'id') === undefined) throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
