// Who may come in. A browser sends along which site a request comes from (Origin) and which name it looked up (Host);
// a foreign site can forge neither, so both together keep it from reading what is meant for this page.

import { originInvalid } from './errors.ts';

/** Decides by a request's headers. */
export interface Door {
  /**
   * Whether a request for this host may be answered. On a loopback address only a loopback name may ask, or the host of
   * an allowed origin: a foreign site whose name was made to lead here (DNS rebinding) asks under its own name.
   */
  admitsHost(host: string | undefined): boolean;
  /** Whether a page of this origin may open the WebSocket. A script sends none and may. */
  admitsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

/**
 * Makes the door.
 *
 * @param origins origins allowed besides the page's own
 * @throws CodedError `ORIGIN_INVALID`
 */
export function makeDoor(origins: readonly string[], loopback: boolean): Door {
  const allowed = new Set(origins.map(readOrigin));
  const allowed_names = new Set([...allowed].map((origin) => nameOf(origin.replace(/^[^:]*:\/\//, ''))));
  return {
    admitsHost(host) {
      const name = host === undefined ? undefined : nameOf(host);
      if (name === undefined) return false;
      return !loopback || isLoopback(name) || allowed_names.has(name);
    },
    admitsOrigin(origin, host) {
      if (origin === undefined || allowed.has(origin.toLowerCase())) return true;
      const own = /^(https?:)\/\/(.+)$/.exec(origin);
      if (own === null || host === undefined) return false;
      const theirs = hostOf(origin);
      // A default port is written in one of them and left out in the other.
      return theirs !== undefined && theirs === hostOf(`${own[1]}//${host}`);
    },
  };
}

/** Whether an address or a host name is this machine's own loopback. */
export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || name === '[::1]' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name);
}

/** The origin as browsers send it. `null` and `file://` are what a page opened from a file sends. */
function readOrigin(text: string): string {
  const origin = text.toLowerCase().replace(/([^/])\/$/, '$1');
  if (origin === 'null' || origin === 'file://') return origin;
  const url = parse(origin);
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/.test(origin) || url === undefined) throw originInvalid(text);
  return url.origin === 'null' ? origin : url.origin;
}

/** The name in a Host header, without its port; undefined when it is none. */
function nameOf(host: string): string | undefined {
  if (!/^(\[[0-9a-f:.]+\]|[^\s/@?#\\:[\]]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return parse(`http://${host}`)?.hostname;
}

function hostOf(origin: string): string | undefined {
  return parse(origin)?.host;
}

function parse(url: string): URL | undefined {
  // URL.canParse before new URL: no exception for what strangers send.
  return URL.canParse(url) ? new URL(url) : undefined;
}
