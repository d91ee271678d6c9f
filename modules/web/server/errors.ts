// What can be wrong with the web server's settings or surroundings.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

const configuration = { configuration: true };

/** Another program listens on the port. */
export function portTaken(host: string, port: number): CodedError {
  return new CodedError(
    'PORT_TAKEN',
    {
      what: `the page cannot be served on port ${port}`,
      why: `something else listens on ${oneLine(host, 80)}:${port}`,
      todo: 'stop it, or choose another port with --port (0 takes any free one)',
    },
    configuration,
  );
}

/** The system does not let this user listen on the port. */
export function portForbidden(port: number): CodedError {
  return new CodedError(
    'PORT_FORBIDDEN',
    {
      what: `the page cannot be served on port ${port}`,
      why: 'the system does not allow it to this user',
      todo: 'choose a port of 1024 or above with --port',
    },
    configuration,
  );
}

/** The host is no address of this machine. */
export function hostInvalid(host: string, why: string): CodedError {
  return new CodedError(
    'HOST_INVALID',
    {
      what: `the page cannot be served on host "${oneLine(host, 80)}"`,
      why: oneLine(why, 120),
      todo: 'set --host to 127.0.0.1 for this machine alone, to 0.0.0.0 for all, or to an address it has',
    },
    configuration,
  );
}

/** The system refused to listen for another reason. */
export function listenFailed(host: string, port: number, why: string): CodedError {
  return new CodedError(
    'LISTEN_FAILED',
    {
      what: `the page cannot be served on ${oneLine(host, 80)}:${port}`,
      why: oneLine(why, 120),
      todo: 'choose another host or port',
    },
    configuration,
  );
}

/** An entry of `origins` is no origin. */
export function originInvalid(origin: string): CodedError {
  return new CodedError(
    'ORIGIN_INVALID',
    {
      what: `setting web.origins: "${oneLine(origin, 80)}" is no origin`,
      why: 'an origin is a scheme, a host and perhaps a port, and nothing more',
      todo: 'write it as the browser sends it, like https://monitor.example.com',
    },
    configuration,
  );
}

/** There is no built page where it was looked for. */
export function pageMissing(folders: readonly string[], set: boolean): CodedError {
  return new CodedError(
    'PAGE_MISSING',
    {
      what: 'there is no page to serve',
      why: `no index.html in ${folders.join(' or ')}`,
      todo: set ? 'correct web.page_dir' : 'run "npm run build"; the WebSocket works meanwhile',
    },
    configuration,
  );
}

/** The folder of the page holds more than a page does. */
export function pageTooLarge(folder: string, limit: string): CodedError {
  return new CodedError(
    'PAGE_TOO_LARGE',
    {
      what: `${folder} is not served`,
      why: `it holds more than ${limit}, and the page is kept in memory`,
      todo: 'point web.page_dir at the built page alone',
    },
    configuration,
  );
}

/** Only one of certificate and key is set. */
export function tlsIncomplete(missing: 'tls_cert' | 'tls_key'): CodedError {
  return new CodedError(
    'TLS_INCOMPLETE',
    {
      what: 'the page cannot be served over TLS',
      why: `web.${missing} is not set`,
      todo: 'give both --tls-cert and --tls-key, or neither',
    },
    configuration,
  );
}

/** The certificate or the key cannot be read. */
export function tlsFileUnreadable(setting: string, path: string, thrown: unknown): CodedError {
  return new CodedError(
    'TLS_FILE_UNREADABLE',
    {
      what: `setting web.${setting}: ${oneLine(path, 120)} not read`,
      why: reasonOf(thrown),
      todo: 'give the path of a PEM file that this user may read',
    },
    { ...configuration, cause: thrown },
  );
}

/** The certificate and the key cannot be used together. */
export function tlsInvalid(cert: string, key: string, thrown: unknown): CodedError {
  return new CodedError(
    'TLS_INVALID',
    {
      what: `${oneLine(cert, 120)} and ${oneLine(key, 120)} cannot serve TLS`,
      why: reasonOf(thrown),
      todo: 'give a certificate chain and its key, both PEM, the key without a passphrase',
    },
    { ...configuration, cause: thrown },
  );
}
