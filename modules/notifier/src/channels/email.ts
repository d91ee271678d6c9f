// E-mail, by SMTP. Messages about one incident are one thread: each names the first, RFC 5322 section 3.6.4.

import { readFileSync } from 'node:fs';
import { reasonOf, Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { defineChannel, NotSent, type Tools } from '../channel.ts';
import { keyOf, type Notice } from '../notice.ts';
import { bodyText } from '../wording.ts';

const ADDRESS = '^[^\\s@<>]+@[^\\s@<>]+$';

export const email = defineChannel({
  type: 'email',
  says: 'e-mail by SMTP',
  config: {
    host: Type.String({ minLength: 1, description: 'The SMTP server', wanted: 'a host, as "mail.example.com"' }),
    port: Type.Integer({
      default: 587,
      minimum: 1,
      maximum: 65_535,
      description: 'Its port: 587, or 465 where tls is "always"',
      wanted: 'a port, from 1 to 65535',
    }),
    tls: Type.Enum(['always', 'upgrade', 'never'], {
      default: 'upgrade',
      description: 'TLS from the start, before anything is said (STARTTLS), or not at all',
      wanted: 'one of always, upgrade, never',
    }),
    ca_file: Type.Optional(
      Type.String({ minLength: 1, description: 'The authority of its certificate, PEM', wanted: 'a PEM file' }),
    ),
    user: Type.Optional(Type.String({ minLength: 1, description: 'Who logs in', wanted: 'a name' })),
    password: Type.Optional(Secret('the password of that user')),
    from: Type.String({ pattern: ADDRESS, description: 'The sender', wanted: 'an address, as "ganglion@example.com"' }),
    to: Type.Array(Type.String({ pattern: ADDRESS }), {
      minItems: 1,
      maxItems: 50,
      description: 'The receivers',
      wanted: 'a list of addresses, as ["ops@example.com"]',
    }),
  },
  open: ({ host, port, tls, ca_file, user, password, from, to }, tools) => {
    if ((user === undefined) !== (password === undefined)) {
      throw tools.refuse('password', 'a user and a password go together', 'both, or none of them');
    }
    const ca = ca_file === undefined ? {} : { ca: authorityIn(ca_file, tools) };
    const auth =
      user === undefined || password === undefined ? {} : { auth: { user, pass: tools.secret('password', password) } };
    const connect = async () => {
      // Loaded when it is needed: it takes 15 MB, and most who run a notifier send no mail.
      const { createTransport } = await import('nodemailer');
      return createTransport({
        host,
        port,
        secure: tls === 'always',
        requireTLS: tls === 'upgrade',
        ignoreTLS: tls === 'never',
        tls: ca,
        // One connection that stays for the next ones; a mail a time, so that a thread arrives in its order.
        pool: true,
        maxConnections: 1,
        ...auth,
        // What the channel may take in all is bounded by whoever calls it.
        connectionTimeout: 30_000,
        greetingTimeout: 30_000,
        socketTimeout: 60_000,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    };
    let connecting: ReturnType<typeof connect> | undefined;
    const domain = from.slice(from.lastIndexOf('@') + 1);
    return {
      send: async (notice, thread, signal) => {
        const id = `<${notice.key}@${domain}>`;
        connecting ??= connect();
        const transport = await connecting;
        // What hangs would stand in the way of the next one, and would go out besides its own repeat.
        const hangUp = () => {
          transport.close();
          connecting = undefined;
        };
        signal.addEventListener('abort', hangUp, { once: true });
        try {
          await transport.sendMail({
            from,
            to: [...to],
            subject: notice.title,
            text: bodyText(notice),
            messageId: id,
            date: new Date(notice.time_ms),
            ...(thread === undefined ? {} : { inReplyTo: thread, references: thread }),
            headers: headersOf(notice),
          });
        } catch (error) {
          throw whyNot(error);
        } finally {
          signal.removeEventListener('abort', hangUp);
        }
        return thread ?? id;
      },
      close: async () => (await connecting)?.close(),
    };
  },
});

function authorityIn(file: string, tools: Tools): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw tools.refuse('ca_file', reasonOf(error), 'a PEM file that this user may read');
  }
}

/** For filters, and RFC 3834: nobody's holiday note should answer. */
function headersOf({ key, kind, severity, group }: Notice): Record<string, string> {
  return {
    'X-Ganglion-Key': key,
    'X-Ganglion-Kind': kind,
    'X-Ganglion-Severity': severity,
    'X-Ganglion-Incident': keyOf([group]),
    'Auto-Submitted': 'auto-generated',
    ...(severity === 'critical' && kind !== 'cleared' ? { Importance: 'high' } : {}),
  };
}

/** A server's answer of 5xx to the message itself is for ever; to a login or a connection it is not. */
function whyNot(error: unknown): NotSent {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message?: string };
  const permanent = code === 'EMESSAGE' || code === 'EENVELOPE' ? (responseCode ?? 0) >= 500 : false;
  return new NotSent(message ?? 'it failed', { permanent });
}
