// Who is in, and with what: a login's session, a view link, or nothing where nothing is asked for.

import { type Log, oneLine } from '@ganglion/kernel';
import { parse } from 'hono/utils/cookie';
import { Attempts } from './attempts.ts';
import { loginMissing } from './errors.ts';
import { Key, newId } from './key.ts';
import { Links } from './links.ts';
import { isPassword, NO_HASH } from './password.ts';
import { Sessions } from './sessions.ts';
import { PASSWORD_CHARACTERS_MAX, type Role, Users } from './users.ts';

/** Passwords that are compared at once, and those that wait for it. Each takes 32 MiB and much of a core. */
const COMPARING_MAX = 2;
const WAITING_MAX = 16;

/** What lets somebody in. */
export interface Pass {
  readonly kind: 'open' | 'session' | 'link';
  /** Of the session or the link; empty where nothing is asked for. */
  readonly id: string;
  /** For the log: the user, or the link. */
  readonly who: string;
  readonly role: Role;
  /** The machines it shows: a pattern that a machine's name has to match; `#` is all. */
  readonly scope: string;
}

/** Why somebody has no pass. `none`: they showed nothing; `ended`: it held once, or names what is gone. */
export type NoPass = 'none' | 'forged' | 'ended';

/** How an attempt to log in went. */
export type Login =
  | {
      readonly kind: 'in';
      readonly token: string;
      readonly ends_ms: number;
      readonly role: Role;
      /** For the browser to show at the next login: then only its own failures make it wait. */
      readonly browser_token: string;
    }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'early'; readonly wait_ms: number }
  | { readonly kind: 'busy' };

/** What a request shows. */
export interface Shown {
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
}

export interface AccessOptions {
  /** The address that the page is served on, for an error. */
  readonly served_on: string;
  /** The folder of the key, the users, the links and the sessions. */
  readonly access_dir: string;
  /** What somebody who shows nothing may; undefined keeps them out. */
  readonly open_role: Role | undefined;
  /** Whether the page comes over TLS of our own: then the cookies have names that only such a page can set. */
  readonly tls: boolean;
  readonly session_ms: number;
  readonly log: Log;
}

/** Decides who is in. */
export class Access {
  readonly session_cookie: string;
  readonly link_cookie: string;
  readonly browser_cookie: string;
  readonly #options: AccessOptions;
  readonly #open: Pass | undefined;
  readonly #key: Key;
  readonly #users: Users;
  readonly #links: Links;
  readonly #sessions: Sessions;
  readonly #attempts = new Attempts();
  readonly #waiting: (() => void)[] = [];
  #comparing = 0;

  /** @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID`, `ACCESS_FILE_UNWRITABLE`, `LOGIN_MISSING` */
  constructor(options: AccessOptions) {
    const { access_dir, open_role: role, tls } = options;
    this.#options = options;
    this.#open = role === undefined ? undefined : { kind: 'open', id: '', who: 'anyone', role, scope: '#' };
    this.#key = new Key(access_dir);
    this.#users = new Users(access_dir);
    this.#links = new Links(access_dir);
    this.#sessions = new Sessions(access_dir, (error) => this.#tell(error));
    this.session_cookie = tls ? '__Host-ganglion_session' : 'ganglion_session';
    this.link_cookie = tls ? '__Host-ganglion_link' : 'ganglion_link';
    this.browser_cookie = tls ? '__Host-ganglion_browser' : 'ganglion_browser';
    for (const read of this.#reads) read();
    if (this.#open !== undefined) return;
    if (this.#users.list().length === 0) throw loginMissing(options.served_on, this.#users.path);
    this.#key.make();
  }

  /** The pass of whoever sent a request. A session counts before a link, and a link before nothing at all. */
  passOf({ cookie = '', authorization = '' }: Shown, now_ms = Date.now()): Pass | NoPass {
    this.refresh();
    const session_token = parse(cookie, this.session_cookie)[this.session_cookie];
    const session = session_token === undefined ? 'none' : this.#sessionOf(session_token, now_ms);
    if (typeof session === 'object') return session;
    const link_token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? parse(cookie, this.link_cookie)[this.link_cookie];
    if (link_token !== undefined) return this.linkOf(link_token, now_ms);
    return this.#open ?? session;
  }

  /** The pass of whoever has a link's token. */
  linkOf(token: string, now_ms = Date.now()): Pass | NoPass {
    this.refresh();
    const id = this.#key.idOf('link', token);
    if (id === undefined) return 'forged';
    const link = this.#links.find(id, now_ms);
    if (link === undefined) return 'ended';
    return { kind: 'link', id, who: `link ${id}`, role: 'viewer', scope: link.scope };
  }

  /** When a link ends, epoch milliseconds; undefined when it does not hold. */
  linkEnds(id: string, now_ms = Date.now()): number | undefined {
    return this.#links.find(id, now_ms)?.ends_ms;
  }

  /** Of passes given earlier, those that hold no more. */
  ended(passes: Iterable<Pass>, now_ms = Date.now()): ReadonlySet<Pass> {
    this.refresh();
    const holds = ({ kind, id }: Pass) =>
      (kind === 'link' ? this.#links.find(id, now_ms) : this.#session(id, now_ms)) !== undefined;
    return new Set([...passes].filter((pass) => pass.kind !== 'open' && !holds(pass)));
  }

  /** Reads what has changed. What cannot be read is told once, and what was read before stays in force. */
  refresh(): void {
    for (const read of this.#reads) {
      try {
        read();
      } catch (error) {
        this.#tell(error);
      }
    }
  }

  /** Tries a name and a password. Takes as long for a name that nobody has. */
  async login(name: string, password: string, address: string, { cookie = '' }: Shown): Promise<Login> {
    const browser = this.#browserOf(name, parse(cookie, this.browser_cookie)[this.browser_cookie]);
    const now_ms = Date.now();
    const attempt =
      browser === undefined ? this.#attempts.begin(name, address, now_ms) : this.#attempts.beginKnown(browser, now_ms);
    if (typeof attempt === 'number') return { kind: 'early', wait_ms: attempt };
    if (!(await this.#turn())) {
      attempt.withdraw();
      return { kind: 'busy' };
    }
    try {
      this.refresh();
      const user = this.#users.find(name);
      const right = await isPassword(password.slice(0, PASSWORD_CHARACTERS_MAX), user?.password ?? NO_HASH);
      if (user === undefined || !right) return { kind: 'wrong' };
      attempt.succeed();
      this.refresh();
      const { id, ends_ms } = this.#sessions.begin(name, Date.now(), this.#options.session_ms);
      return {
        kind: 'in',
        token: this.#key.sign('session', id),
        ends_ms,
        role: user.role,
        browser_token: this.#key.sign(`browser of ${name}`, browser ?? newId()),
      };
    } finally {
      this.#comparing--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends the session that a request shows. Returns whose it was. */
  logout({ cookie = '' }: Shown): string | undefined {
    this.refresh();
    const token = parse(cookie, this.session_cookie)[this.session_cookie];
    const id = token === undefined ? undefined : this.#key.idOf('session', token);
    const session = id === undefined ? undefined : this.#sessions.find(id, Date.now());
    if (session === undefined) return undefined;
    this.#sessions.end(session.id);
    return session.user;
  }

  get #reads() {
    return [() => this.#key.read(), () => this.#users.list(), () => this.#links.list(), () => this.#sessions.read()];
  }

  #browserOf(name: string, token: string | undefined): string | undefined {
    return token === undefined ? undefined : this.#key.idOf(`browser of ${name}`, token);
  }

  #sessionOf(token: string, now_ms: number): Pass | NoPass {
    const id = this.#key.idOf('session', token);
    return id === undefined ? 'forged' : (this.#session(id, now_ms) ?? 'ended');
  }

  #session(id: string, now_ms: number): Pass | undefined {
    const session = this.#sessions.find(id, now_ms);
    const user = session === undefined ? undefined : this.#users.find(session.user);
    // Who was removed, or has another password since, has to come in anew.
    if (session === undefined || user === undefined || user.since_ms > session.made_ms) return undefined;
    return { kind: 'session', id, who: user.name, role: user.role, scope: '#' };
  }

  #tell(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    this.#options.log.error({ code }, oneLine(error instanceof Error ? error.message : String(error)));
  }

  /** Waits until one more password may be compared; false when too many wait already. */
  #turn(): Promise<boolean> {
    if (this.#comparing < COMPARING_MAX) {
      this.#comparing++;
      return Promise.resolve(true);
    }
    if (this.#waiting.length >= WAITING_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.#comparing++;
        resolve(true);
      });
    });
  }
}
