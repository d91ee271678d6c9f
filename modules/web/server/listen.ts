// Opening and closing the port.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reasonOf } from '@ganglion/kernel';
import { isLoopback } from './door.ts';
import { hostInvalid, listenFailed, portForbidden, portTaken } from './errors.ts';

/**
 * Listens; resolves to the address taken.
 *
 * @throws CodedError `PORT_TAKEN`, `PORT_FORBIDDEN`, `HOST_INVALID`, `LISTEN_FAILED`
 */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      // An address of a path or a pipe is not asked for.
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Where a person opens the page. */
export function urlOf({ address, family, port }: AddressInfo, tls: boolean): string {
  const scheme = tls ? 'https' : 'http';
  if (isLoopback(address) || address === '0.0.0.0' || address === '::') return `${scheme}://localhost:${port}`;
  return family === 'IPv6' ? `${scheme}://[${address}]:${port}` : `${scheme}://${address}:${port}`;
}

/** Stops listening and ends every connection that no WebSocket holds. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // An error means that it was closed before.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return portTaken(host, port);
    case 'EACCES':
      return portForbidden(port);
    case 'EADDRNOTAVAIL':
      return hostInvalid(host, 'it is no address of this machine');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EINVAL':
      return hostInvalid(host, 'no such host name is known');
    default:
      return listenFailed(host, port, reasonOf(error));
  }
}
