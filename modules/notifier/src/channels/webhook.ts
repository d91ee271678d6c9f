// Any receiver of HTTP requests: JSON of one's own shape, signed as https://www.standardwebhooks.com says.

import { createHmac } from 'node:crypto';
import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel } from '../channel.ts';
import { request, secretAddress } from '../http.ts';
import type { Notice } from '../notice.ts';
import { readTemplate } from '../template.ts';

export const webhook = defineChannel({
  type: 'webhook',
  says: 'an HTTP request to any receiver, signed, with a template',
  config: {
    url: Secret('the address of the receiver'),
    secret: Type.Optional(Secret('the key that the receiver checks the signature with')),
    template: Type.Optional(
      Type.String({
        maxLength: 16_384,
        description: 'The body, with {{title}} and others in it; the whole notice as JSON',
        wanted: 'a text with {{title}}, {{text}} and others in it',
      }),
    ),
    content_type: Type.String({
      default: 'application/json',
      pattern: '^[\\w.+-]+/[\\w.+-]+(; ?[\\w-]+=[\\w-]+)?$',
      description: 'What the body is; JSON is checked',
      wanted: 'a media type, as "application/json" or "text/plain"',
    }),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }), Secret('the value of a header'), {
        description: 'More headers, their values from files or the environment',
        wanted: 'a table of headers, as { authorization = { env = "TOKEN" } }',
      }),
    ),
  },
  open: ({ url, secret, template, content_type, headers = {} }, tools) => {
    const address = secretAddress(tools, 'url', url);
    const key = secret && keyOf(tools.secret('secret', secret));
    const write = template === undefined ? JSON.stringify : readTemplate(template, content_type, tools);
    const more = Object.fromEntries(
      Object.entries(headers).map(([name, place]) => [name.toLowerCase(), tools.secret(`headers.${name}`, place)]),
    );
    return {
      send: async (notice, _thread, signal) => {
        const body = write(notice);
        const signed = key === undefined ? {} : signatureOf(key, notice, body, Date.now());
        const own = { 'content-type': content_type, 'webhook-id': notice.key, ...signed };
        await request({ url: address, key: notice.key, headers: { ...own, ...more }, body }, signal);
        return undefined;
      },
    };
  },
});

/** `webhook-signature`: HMAC-SHA-256 of the key of the notice, the time and the body. */
function signatureOf(key: Buffer, notice: Notice, body: string, now_ms: number): Record<string, string> {
  const timestamp = String(Math.floor(now_ms / 1000));
  const signature = createHmac('sha256', key).update(`${notice.key}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** A key as the standard writes it, `whsec_` and base64; any other text is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
