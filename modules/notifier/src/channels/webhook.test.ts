import { createHmac } from 'node:crypto';
import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send, survives, toldOf } from '../channel-under-test.ts';

const open = (url: string, more: object = {}) =>
  openChannel(
    { type: 'webhook', url: { env: 'URL' }, ...more },
    { URL: url, KEY: 'whsec_c2VjcmV0', TOKEN: 'Bearer t0ken' },
  );

async function receiver(): Promise<Receiver> {
  const started = await Receiver.start();
  onTestFinished(() => started.close());
  return started;
}

describe('a webhook', () => {
  survives(open, { answer: says(204), knows_garbage: false });

  it('sends the whole notice as JSON, with its key', async () => {
    const other = await receiver();
    await send(open(`${other.url}/hook?a=b`), noticeOf());
    const [request] = other.received;
    expect(request).toMatchObject({ method: 'POST', path: '/hook?a=b' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': noticeOf().key,
      'webhook-id': noticeOf().key,
    });
    expect(other.lastBody).toEqual(noticeOf());
  });

  it('signs what it sends so that the receiver can check it', async () => {
    const other = await receiver();
    await send(open(other.url, { secret: { env: 'KEY' } }), noticeOf());
    const { headers = {}, body = '' } = other.received[0] ?? {};
    const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', 'secret').update(text).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
  });

  it('fills in a template that stays JSON whatever a sentence holds', async () => {
    const other = await receiver();
    const template = '{"what": "{{severity}}: {{sentence}}", "n": "{{count}}", "list": ["{{alerts}}"]}';
    const told = toldOf({ sentence: 'It says "}],\\ and\nmore' });
    await send(open(other.url, { template, headers: { authorization: { env: 'TOKEN' } } }), noticeOf({}, told));
    expect(other.lastBody).toEqual({ what: 'warning: It says "}],\\ and\nmore', n: 1, list: [[told]] });
    expect(other.received[0]?.headers.authorization).toBe('Bearer t0ken');
  });

  it('fills in a template of plain text', async () => {
    const other = await receiver();
    await send(open(other.url, { template: '{{machine}} {{count}}', content_type: 'text/plain' }), noticeOf());
    expect(other.received[0]).toMatchObject({ body: 'db-01 1', headers: { 'content-type': 'text/plain' } });
  });

  it.each([
    [
      'a place that nobody knows',
      { template: '"{{titel}}"' },
      /channels\.tested\.template: nothing is called {{titel}}; give one of/,
    ],
    ['a template that is no JSON', { template: '{{title}}' }, /it is no JSON/],
    [
      'an address with a secret in the settings',
      { url: 'https://example.com/t0ken' },
      /tested\.url: it .*; give where it stands/,
    ],
    ['an address that is none', { url: { env: 'KEY' } }, /tested\.url: what stands there is no address/],
    ['a setting that nobody knows', { urls: 1 }, /tested\.urls: there is no such setting; give one of .*template/],
    ['a variable that is not set', { secret: { env: 'NOT_SET' } }, /tested\.secret: the variable NOT_SET is not set/],
    ['a file that is not there', { secret: { file: '/nowhere/key' } }, /tested\.secret: the file \/nowhere\/key/],
  ])('refuses %s, and says what it expects', (_name, more, message) => {
    expect(() => open('http://127.0.0.1:1', more)).toThrow(message);
    expect(() => open('http://127.0.0.1:1', more)).toThrow(expect.objectContaining({ configuration: true }));
    expect(() => open('http://127.0.0.1:1', more)).not.toThrow(/t0ken|whsec/);
  });
});
