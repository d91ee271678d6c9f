// Pushover. https://pushover.net/api

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { Address, cut, fieldOf, notUnderstood, request } from '../http.ts';
import { bodyText } from '../wording.ts';

/** https://pushover.net/api#limits */
const TITLE_CHARACTERS_MAX = 250;
const TEXT_CHARACTERS_MAX = 1_024;

/** https://pushover.net/api#priority: 1 is heard in somebody's quiet hours too. */
const PRIORITIES = { info: -1, warning: 0, critical: 1 } as const;

export const pushover = defineChannel({
  type: 'pushover',
  says: 'Pushover, on telephones',
  config: {
    token: Secret('the token of the application'),
    user: Secret('the key of the user or group'),
    address: Address('The service', 'https://api.pushover.net'),
  },
  open: ({ token: token_place, user: user_place, address }, tools) => {
    const token = tools.secret('token', token_place);
    const user = tools.secret('user', user_place);
    return {
      send: async (notice, _thread, signal) => {
        const body = {
          token,
          user,
          title: cut(notice.title, TITLE_CHARACTERS_MAX),
          message: cut(bodyText(notice), TEXT_CHARACTERS_MAX),
          priority: notice.kind === 'cleared' ? PRIORITIES.info : PRIORITIES[notice.severity],
          timestamp: Math.floor(notice.time_ms / 1000),
          ...(notice.link === undefined ? {} : { url: notice.link }),
        };
        const answer = await request({ url: `${address}/1/messages.json`, key: notice.key, body }, signal);
        if (fieldOf(answer.json, 'status') !== 1) throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
