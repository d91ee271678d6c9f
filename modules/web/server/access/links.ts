// Links that show a part of the fleet to whoever has them, for a while.

import { join } from 'node:path';
import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { AccessFile } from './access-file.ts';
import { accessInvalid, accessUnknown } from './errors.ts';
import { type Key, newId } from './key.ts';

/** Links there may be; those that have ended are dropped first. */
const LINKS_MAX = 1000;

export const DAY_MS = 86_400_000;
export const LINK_DAYS_MAX = 3660;

const SCOPE_CHARACTERS_MAX = 255;

const Link = Type.Object({
  id: Type.String({ pattern: '^[\\w-]{1,64}$' }),
  /** The machines it shows: a pattern that a machine's name has to match. */
  scope: Type.String({ minLength: 1, maxLength: SCOPE_CHARACTERS_MAX }),
  made_ms: Type.Integer({ minimum: 0 }),
  ends_ms: Type.Integer({ minimum: 0 }),
});
export type Link = Static<typeof Link>;

/** The links in a folder's `links.json`. Their tokens are not in it: the key makes them from the ids. */
export class Links {
  readonly #file: AccessFile<Type.TArray<typeof Link>>;

  constructor(access_dir: string) {
    this.#file = new AccessFile(join(access_dir, 'links.json'), Type.Array(Link, { maxItems: LINKS_MAX }), []);
  }

  /** @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID` */
  list(): readonly Link[] {
    return this.#file.read();
  }

  /** A link that holds now, by what was last read. */
  find(id: string, now_ms: number): Link | undefined {
    return this.#file.latest.find((link) => link.id === id && link.ends_ms > now_ms);
  }

  /**
   * Makes a link; returns its token.
   *
   * @throws CodedError `ACCESS_INVALID`, `ACCESS_FILE_UNWRITABLE`
   */
  make(key: Key, scope: string, days: number, now_ms: number): string {
    if (scope === '' || scope.length > SCOPE_CHARACTERS_MAX || scope !== oneLine(scope)) {
      const todo = `give a pattern of 1 to ${SCOPE_CHARACTERS_MAX} characters, like 'site1.#'`;
      throw accessInvalid(`scope "${scope}"`, 'it cannot match a machine', todo);
    }
    const left = this.list().filter(({ ends_ms }) => ends_ms > now_ms);
    if (left.length >= LINKS_MAX) throw accessInvalid('one more link', `there are ${LINKS_MAX} already`, 'revoke one');
    const id = newId();
    this.#file.write([...left, { id, scope, made_ms: now_ms, ends_ms: now_ms + days * DAY_MS }]);
    return key.sign('link', id);
  }

  /** @throws CodedError `ACCESS_UNKNOWN`, `ACCESS_FILE_UNWRITABLE` */
  revoke(id: string): void {
    const left = this.list().filter((link) => link.id !== id);
    if (left.length === this.list().length) throw accessUnknown('link', id);
    this.#file.write(left);
  }
}
