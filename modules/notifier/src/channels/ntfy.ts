// ntfy, the public server or one's own. https://docs.ntfy.sh/publish/#publish-as-json

import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel } from '../channel.ts';
import { Address, cut, notUnderstood, request, textOf } from '../http.ts';
import { bodyText } from '../wording.ts';

/** https://docs.ntfy.sh/publish/#limitations: 4,096 bytes, and letters may have several. */
const CHARACTERS_MAX = 1_300;

/** https://docs.ntfy.sh/publish/#message-priority */
const PRIORITIES = { info: 3, warning: 4, critical: 5 } as const;

export const ntfy = defineChannel({
  type: 'ntfy',
  says: 'ntfy, on telephones and desks',
  config: {
    address: Address('The server', 'https://ntfy.sh'),
    // On the public server whoever knows its name can read it.
    topic: Secret('the topic'),
    token: Type.Optional(Secret('an access token')),
  },
  open: ({ address, topic: place, token }, tools) => {
    const topic = tools.secret('topic', place);
    const headers = token === undefined ? {} : { authorization: `Bearer ${tools.secret('token', token)}` };
    return {
      send: async (notice, _thread, signal) => {
        const over = notice.kind === 'cleared';
        const body = {
          topic,
          title: cut(notice.title, 250),
          message: cut(bodyText(notice), CHARACTERS_MAX),
          priority: over ? 3 : PRIORITIES[notice.severity],
          tags: [over ? 'white_check_mark' : notice.severity === 'critical' ? 'rotating_light' : 'warning'],
          ...(notice.link === undefined ? {} : { click: notice.link }),
        };
        const answer = await request({ url: address, key: notice.key, headers, body }, signal);
        if (textOf(answer.json, 'id') === undefined) throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
