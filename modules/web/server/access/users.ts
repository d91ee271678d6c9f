// Who may log in.

import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { AccessFile } from './access-file.ts';
import { accessInvalid, accessUnknown } from './errors.ts';
import { HASH_PATTERN, hashPassword } from './password.ts';

/** Users there may be. */
const USERS_MAX = 1000;

const PASSWORD_CHARACTERS_MIN = 10;
export const PASSWORD_CHARACTERS_MAX = 1024;

/** One word, so that it needs no quotes anywhere. */
const NAME_PATTERN = '^[\\p{L}\\p{N}._@+-]{1,64}$';

/** What a user may: `viewer` sees everything, `admin` will also be let change things. */
export const ROLES = ['viewer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const User = Type.Object({
  name: Type.String({ pattern: NAME_PATTERN }),
  role: Type.Enum([...ROLES]),
  password: Type.String({ pattern: HASH_PATTERN }),
  /** When the password was set, epoch milliseconds: sessions from before do not hold. */
  since_ms: Type.Integer({ minimum: 0 }),
});
export type User = Static<typeof User>;

/** The users in a folder's `users.json`. */
export class Users {
  readonly #file: AccessFile<Type.TArray<typeof User>>;

  constructor(access_dir: string) {
    this.#file = new AccessFile(join(access_dir, 'users.json'), Type.Array(User, { maxItems: USERS_MAX }), []);
  }

  get path(): string {
    return this.#file.path;
  }

  /** @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID` */
  list(): readonly User[] {
    return this.#file.read();
  }

  /** By what was last read. */
  find(name: string): User | undefined {
    return this.#file.latest.find((user) => user.name === name);
  }

  /** @throws CodedError `ACCESS_INVALID` */
  checkName(name: string): void {
    if (new RegExp(NAME_PATTERN, 'u').test(name)) return;
    const todo = 'use 1 to 64 letters, digits, ".", "_", "@", "+" and "-"';
    throw accessInvalid(`user "${name}"`, 'it cannot be a name', todo);
  }

  /**
   * Adds a user, or gives one that is there another password and role.
   *
   * @throws CodedError `ACCESS_INVALID`, `ACCESS_FILE_UNWRITABLE`
   */
  async put(name: string, role: Role, password: string): Promise<void> {
    this.checkName(name);
    if (password.length < PASSWORD_CHARACTERS_MIN || password.length > PASSWORD_CHARACTERS_MAX) {
      const todo = `choose one of ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters`;
      throw accessInvalid(`the password of ${name}`, 'it is too short or too long', todo);
    }
    const user = { name, role, password: await hashPassword(password), since_ms: Date.now() };
    const others = this.list().filter((other) => other.name !== name);
    if (others.length >= USERS_MAX)
      throw accessInvalid(`user "${name}"`, `there are ${USERS_MAX} already`, 'remove one');
    this.#file.write([...others, user]);
  }

  /** @throws CodedError `ACCESS_UNKNOWN`, `ACCESS_FILE_UNWRITABLE` */
  remove(name: string): void {
    const left = this.list().filter((user) => user.name !== name);
    if (left.length === this.list().length) throw accessUnknown('user', name);
    this.#file.write(left);
  }
}
