// Where a PostgreSQL is, as the setting says it: `postgres://user:password@host:port/name`.

import { historyDatabaseInvalid } from '../errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database: string;
  /** Whether it is spoken to with TLS; `unchecked`: whoever answers. */
  readonly tls: 'off' | 'checked' | 'unchecked';
  /** The same for people, without user and password: `postgres://db-01:5432/ganglion`. */
  readonly shown: string;
}

const PORT = 5432;

/** As libpq calls them. What would go on without TLS where there is none is not among them: it is not to be had by accident. */
const TLS: Readonly<Record<string, Address['tls']>> = {
  disable: 'off',
  require: 'unchecked',
  'verify-full': 'checked',
};

/**
 * Reads an address.
 *
 * @param password where it is not part of the address
 * @throws CodedError `HISTORY_DATABASE_INVALID`, which shows nothing of it
 */
export function addressOf(text: string, password?: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw historyDatabaseInvalid('it is no address that begins with postgres://');
  }
  const database = decoded(url.pathname.slice(1));
  if (url.hostname === '' || database === '') throw historyDatabaseInvalid('it names no host, or no database');
  const { sslmode = 'disable', ...others } = Object.fromEntries(url.searchParams);
  const tls = TLS[sslmode];
  if (tls === undefined) throw historyDatabaseInvalid('its sslmode is none of disable, require, verify-full');
  const [other] = Object.keys(others);
  if (other !== undefined) throw historyDatabaseInvalid(`"${other}" is nothing that it may say; sslmode is`);
  const port = url.port === '' ? PORT : Number(url.port);
  const secret = password ?? (url.password === '' ? undefined : decoded(url.password));
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    ...(url.username !== '' && { user: decoded(url.username) }),
    ...(secret !== undefined && { password: secret }),
    database,
    tls,
    shown: `postgres://${url.hostname}:${port}/${database}`,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw historyDatabaseInvalid('a % in it is not followed by two hexadecimal digits');
  }
}
