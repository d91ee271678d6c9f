// The page's own TLS. Who connects is served with what the files hold at that moment, so that a renewed certificate
// needs no restart: a look at two files costs nothing beside a handshake.

import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { CodedError, type Log, reasonOf } from '@ganglion/kernel';
import { stampOf as stampOfFile } from './access/access-file.ts';
import { tlsFileUnreadable, tlsIncomplete, tlsInvalid } from './errors.ts';

/** A certificate chain and its key, PEM. */
interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TlsFiles {
  readonly tls_cert: string;
  readonly tls_key: string;
}

/**
 * Makes a server that speaks TLS.
 *
 * @throws CodedError `TLS_INCOMPLETE`, `TLS_FILE_UNREADABLE`, `TLS_INVALID`
 */
export function createTlsServer(
  files: TlsFiles,
  options: Pick<ServerOptions, 'requestTimeout' | 'connectionsCheckingInterval'> & { readonly headersTimeout: number },
  log: Log,
): Server {
  const pair = readPair(files);
  let stamp = stampOf(files);
  const server = createServer({ ...options, ...pair, handshakeTimeout: options.headersTimeout });
  server.prependListener('connection', () => {
    const now = stampOf(files);
    if (now === stamp) return;
    stamp = now;
    try {
      server.setSecureContext(readPair(files));
      log.info({}, 'the certificate of the page was read again');
    } catch (error) {
      // Half written, or wrong: what was served before is served on, and the next change is looked at again.
      const code = error instanceof CodedError ? error.code : undefined;
      log.error({ code }, `the certificate of the page stays as it was: ${reasonOf(error)}`);
    }
  });
  return server;
}

function readPair({ tls_cert, tls_key }: TlsFiles): Pair {
  if (tls_cert === '' || tls_key === '') throw tlsIncomplete(tls_cert === '' ? 'tls_cert' : 'tls_key');
  const pair = { cert: read('tls_cert', tls_cert), key: read('tls_key', tls_key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw tlsInvalid(tls_cert, tls_key, error);
  }
  return pair;
}

function read(setting: keyof TlsFiles, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw tlsFileUnreadable(setting, path, error);
  }
}

/** Changes whenever one of the files does. */
function stampOf({ tls_cert, tls_key }: TlsFiles): string {
  return `${stampOfFile(tls_cert)}, ${stampOfFile(tls_key)}`;
}
