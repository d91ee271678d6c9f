// Who is logged in. A session holds while it is in this table, whatever a browser shows; the table outlives a restart.

import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { AccessFile } from './access-file.ts';
import { newId } from './key.ts';

/** Sessions there may be, in all and of one user; past that the oldest end. */
export const SESSIONS_MAX = 5000;
export const USER_SESSIONS_MAX = 50;

const Session = Type.Object({
  id: Type.String({ pattern: '^[\\w-]{1,64}$' }),
  user: Type.String({ minLength: 1, maxLength: 64 }),
  made_ms: Type.Integer({ minimum: 0 }),
  ends_ms: Type.Integer({ minimum: 0 }),
});
export type Session = Static<typeof Session>;

/** The sessions in a folder's `sessions.json`, oldest first. */
export class Sessions {
  readonly #file: AccessFile<Type.TArray<typeof Session>>;
  readonly #onUnwritable: (error: unknown) => void;
  #indexed: { readonly of: readonly Session[]; readonly by_id: ReadonlyMap<string, Session> } | undefined;

  /** @param onUnwritable told when the file cannot be written: the table then lasts as long as this process */
  constructor(access_dir: string, onUnwritable: (error: unknown) => void) {
    this.#onUnwritable = onUnwritable;
    this.#file = new AccessFile(join(access_dir, 'sessions.json'), Type.Array(Session, { maxItems: SESSIONS_MAX }), []);
  }

  /** Reads what another web server has changed. @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID` */
  read(): void {
    this.#file.read();
  }

  /** A session that holds now, by what was last read. */
  find(id: string, now_ms: number): Session | undefined {
    const session = this.#by_id.get(id);
    return session !== undefined && session.ends_ms > now_ms ? session : undefined;
  }

  /** Begins a session of a user. */
  begin(user: string, now_ms: number, lasts_ms: number): Session {
    const session = { id: newId(), user, made_ms: now_ms, ends_ms: now_ms + lasts_ms };
    const held = this.#file.latest.filter(({ ends_ms }) => ends_ms > now_ms);
    const own = held.filter((other) => other.user === user);
    const too_many = new Set(own.slice(0, Math.max(0, own.length + 1 - USER_SESSIONS_MAX)));
    this.#write([...held.filter((other) => !too_many.has(other)), session].slice(-SESSIONS_MAX));
    return session;
  }

  /** Ends a session; what a browser still holds of it opens nothing any more. */
  end(id: string): void {
    const left = this.#file.latest.filter((session) => session.id !== id);
    if (left.length < this.#file.latest.length) this.#write(left);
  }

  get #by_id(): ReadonlyMap<string, Session> {
    const { latest } = this.#file;
    if (this.#indexed?.of !== latest) {
      this.#indexed = { of: latest, by_id: new Map(latest.map((session) => [session.id, session])) };
    }
    return this.#indexed.by_id;
  }

  #write(sessions: readonly Session[]): void {
    try {
      this.#file.write([...sessions]);
    } catch (error) {
      this.#onUnwritable(error);
    }
  }
}
