// Passwords are kept as scrypt hashes, each with its salt and its parameters, so that these can grow later.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MiB and a few tenths of a second for a guess, as OWASP asks for. */
const COST = { log2_n: 15, r: 8, p: 3 } as const;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The most that a hash in the file may ask for: 128 MiB. */
const LOG2_N_MAX = 17;
const MEMORY_BYTES_MAX = 268_435_456;

/** A hash as it stands in the file: `scrypt$15$8$3$<salt>$<hash>`. */
export const HASH_PATTERN = '^scrypt\\$\\d{2}\\$\\d\\$\\d\\$[\\w-]{22}\\$[\\w-]{43}$';

/** Of no password at all: what a name that nobody has is compared with, so that it takes as long. */
export const NO_HASH = `scrypt$${COST.log2_n}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Hashes a password, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const { log2_n, r, p } = COST;
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, { N: 2 ** log2_n, r, p });
  return ['scrypt', log2_n, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Whether a password is the one that was hashed. */
export async function isPassword(password: string, hashed: string): Promise<boolean> {
  const [, log2_n, r, p, salt = '', hash = ''] = hashed.split('$');
  const N = 2 ** Math.min(LOG2_N_MAX, Number(log2_n));
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { N, r: Number(r), p: Number(p) });
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url'));
}

function derive(password: string, salt: Uint8Array, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same letters may be typed as different code points.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: MEMORY_BYTES_MAX }, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}
