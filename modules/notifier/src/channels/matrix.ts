// Matrix, as a user of a home server; what follows goes into the thread of the first.
// https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid and #threading

import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel } from '../channel.ts';
import { Address, cut, notUnderstood, request, textOf } from '../http.ts';
import { plainText } from '../wording.ts';

/** An event may have 65,536 bytes with everything. */
const CHARACTERS_MAX = 10_000;

export const matrix = defineChannel({
  type: 'matrix',
  says: 'Matrix, in threads; a repeat is dropped by the server',
  config: {
    address: Address('The home server'),
    room: Type.String({
      pattern: '^![^:\\s]+(:\\S+)?$',
      description: 'The room',
      wanted: 'the id of a room, as "!abc:example.com"',
    }),
    token: Secret('an access token of the user that writes'),
  },
  open: ({ address, room, token }, tools) => {
    const headers = { authorization: `Bearer ${tools.secret('token', token)}` };
    const front = `${address.replace(/\/$/, '')}/_matrix/client/v3/rooms/${encodeURIComponent(room)}`;
    return {
      send: async (notice, thread, signal) => {
        const body = {
          msgtype: 'm.text',
          body: cut(plainText(notice), CHARACTERS_MAX),
          ...(thread === undefined ? {} : { 'm.relates_to': inThread(thread) }),
        };
        // The transaction is the notice: the server takes it once.
        const url = `${front}/send/m.room.message/${notice.key}`;
        const answer = await request({ url, method: 'PUT', key: notice.key, headers, body }, signal);
        const id = textOf(answer.json, 'event_id');
        if (id === undefined) throw notUnderstood(answer);
        return thread ?? id;
      },
    };
  },
});

/** Also for clients that know no threads: they show an answer to the first. */
function inThread(thread: string): object {
  return {
    rel_type: 'm.thread',
    event_id: thread,
    is_falling_back: true,
    'm.in_reply_to': { event_id: thread },
  };
}
