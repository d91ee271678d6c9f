import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send } from '../channel-under-test.ts';

interface Mail {
  readonly to: readonly string[];
  readonly text: string;
}

/** A real SMTP server that keeps what it is given. */
async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: portOf(server.server.address()), mails };
}

function portOf(address: unknown): number {
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0;
}

const open = (port: number, more: object = {}) =>
  openChannel(
    {
      type: 'email',
      host: '127.0.0.1',
      port,
      tls: 'never',
      from: 'ganglion@example.com',
      to: ['ada@example.com', 'bob@example.com'],
      ...more,
    },
    { PASSWORD: 'correct horse' },
  );

/** The value of a header. */
const header = (mail: Mail | undefined, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(mail?.text ?? '')?.[1]?.trim();

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.pem`, import.meta.url));

const smtpError = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });

describe('e-mail', () => {
  it('tells every receiver, in words', async () => {
    const { port, mails } = await startServer();
    await send(open(port), noticeOf());
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toEqual(['ada@example.com', 'bob@example.com']);
    expect(header(mails[0], 'Subject')).toBe('db-01: Disk full on / in 3 h');
    expect(header(mails[0], 'X-Ganglion-Key')).toBe(noticeOf().key);
    expect(mails[0]?.text).toContain('db-01: Disk full on / in 3 h [warning, since');
  });

  it('puts what follows into the thread of the first, and the same again under the same name', async () => {
    const { port, mails } = await startServer();
    const channel = open(port);
    const thread = await send(channel, noticeOf());
    await send(channel, noticeOf({ key: 'other', kind: 'cleared' }), thread);
    await send(channel, noticeOf());
    expect(header(mails[1], 'In-Reply-To')).toBe(header(mails[0], 'Message-ID'));
    expect(header(mails[1], 'Message-ID')).not.toBe(header(mails[0], 'Message-ID'));
    expect(header(mails[2], 'Message-ID')).toBe(header(mails[0], 'Message-ID'));
  });

  it('logs in where that is asked for', async () => {
    const { port, mails } = await startServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username = '', password }, _session, done) =>
        password === 'correct horse' ? done(null, { user: username }) : done(new Error('no')),
    });
    await send(open(port, { user: 'ganglion', password: { env: 'PASSWORD' } }), noticeOf());
    expect(mails).toHaveLength(1);
  });

  it('cannot be made to send headers or files by what a machine says', async () => {
    const { port, mails } = await startServer();
    await send(open(port), noticeOf({ title: 'a\r\nBcc: eve@example.com\r\n\r\nb' }));
    expect(mails[0]?.to).toEqual(['ada@example.com', 'bob@example.com']);
    expect(header(mails[0], 'Bcc')).toBeUndefined();
  });

  it.each([
    ['a server that is busy', smtpError(451, 'try later'), false],
    ['a server that will never take it', smtpError(554, 'spam'), true],
  ])('tells %s from others', async (_name, error, permanent) => {
    const { port } = await startServer({
      onData: (stream, _session, done) => stream.resume().on('end', () => done(error)),
    });
    await expect(send(open(port), noticeOf())).rejects.toMatchObject({ name: 'NotSent', permanent });
  });

  it('tries again when the login is refused, for it may be put right', async () => {
    const { port } = await startServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('no such user')),
    });
    const channel = open(port, { user: 'ganglion', password: { env: 'PASSWORD' } });
    await expect(send(channel, noticeOf())).rejects.toMatchObject({ name: 'NotSent', permanent: false });
  });

  it.each([
    ['breaks the connection', (socket: import('node:net').Socket) => socket.destroy()],
    ['speaks garbage', (socket: import('node:net').Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')],
  ])('tries again when the server %s', async (_name, act) => {
    const server = createServer(act);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await expect(send(open(portOf(server.address())), noticeOf())).rejects.toMatchObject({ permanent: false });
  });

  it('sends nothing without TLS unless that is wanted', async () => {
    const { port, mails } = await startServer();
    await expect(send(open(port, { tls: 'upgrade' }), noticeOf())).rejects.toMatchObject({ permanent: false });
    expect(mails).toEqual([]);
  });

  it.each(['always', 'upgrade'])('trusts only who its authority vouches for: tls %s', async (tls) => {
    const own = { key: readFileSync(fixture('mail.key')), cert: readFileSync(fixture('mail.cert')) };
    const { port, mails } = await startServer({ secure: tls === 'always', disabledCommands: [], ...own });
    const host = 'localhost';
    await expect(send(open(port, { host, tls }), noticeOf())).rejects.toMatchObject({ permanent: false });
    expect(mails).toEqual([]);
    await send(open(port, { host, tls, ca_file: fixture('mail.cert') }), noticeOf());
    expect(mails).toHaveLength(1);
  });

  it('refuses a user without a password, and a password in the settings', () => {
    expect(() => open(25, { user: 'a' })).toThrow(/tested\.password: a user and a password go together/);
    expect(() => open(25, { user: 'a', password: 'hunter22' })).toThrow(/tested\.password: .*; give where it stands/);
    const file = join(tmpdir(), `ganglion-empty-${process.pid}`);
    writeFileSync(file, '\n');
    expect(() => open(25, { ca_file: `${file}.none` })).toThrow(/tested\.ca_file: .*no such file/);
    expect(() => open(25, { user: 'a', password: { file } })).toThrow(/it is empty/);
  });
});
