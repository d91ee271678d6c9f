// The key that signs what a browser holds: whoever does not have it can make up no session and no link.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import Type from 'typebox';
import { AccessFile } from './access-file.ts';

const KEY_BYTES = 32;

/** Random bytes in an id: nobody guesses one, and a list of them stays readable. */
const ID_BYTES = 12;

/** What a token is for; one of a kind is none of another. `browser`: that a user was in with it before. */
export type TokenKind = 'session' | 'link' | `browser of ${string}`;

/** A new id. */
export function newId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/** The key in a folder's `key.json`, made when something is signed for the first time. */
export class Key {
  readonly #file: AccessFile<Type.TString>;

  constructor(access_dir: string) {
    this.#file = new AccessFile(join(access_dir, 'key.json'), Type.String({ pattern: '^([\\w-]{43})?$' }), '');
  }

  /** Reads the key, if there is one. @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID` */
  read(): void {
    this.#file.read();
  }

  /** Makes it, if there is none. @throws CodedError `ACCESS_FILE_UNWRITABLE` */
  make(): void {
    if (this.#file.read() === '') this.#file.write(randomBytes(KEY_BYTES).toString('base64url'));
  }

  /**
   * `<id>.<signature>`.
   *
   * @throws CodedError `ACCESS_FILE_UNWRITABLE`
   */
  sign(kind: TokenKind, id: string): string {
    this.make();
    return `${id}.${this.#signatureOf(kind, id)}`;
  }

  /** The id in a token, by the key that was last read; undefined when we have not signed it. */
  idOf(kind: TokenKind, token: string): string | undefined {
    const [, id, signature] = /^([\w-]{1,64})\.([\w-]{43})$/.exec(token) ?? [];
    if (id === undefined || signature === undefined || this.#file.latest === '') return undefined;
    // As texts: the last character has bits that mean nothing as bytes, and a token is to be ours to the last bit.
    return timingSafeEqual(Buffer.from(signature), Buffer.from(this.#signatureOf(kind, id))) ? id : undefined;
  }

  #signatureOf(kind: TokenKind, id: string): string {
    const key = Buffer.from(this.#file.latest, 'base64url');
    return createHmac('sha256', key).update(`${kind}:${id}`).digest('base64url');
  }
}
