// Secrets that were read never leave by a log.

import { readSecret, type SecretPlace } from '@ganglion/kernel';

/** What is shorter is not taken out of a text: it would take apart words that have nothing to do with it. */
const HIDDEN_CHARACTERS_MIN = 6;

/** What the log shows instead. */
const MASK = '***';

/** The secrets that were read, for the time that the notifier runs. */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment;
  }

  /**
   * Reads a secret; line ends after it are no part of it.
   *
   * @param path the setting that names it, for the error
   * @throws CodedError `SECRET_UNREADABLE`
   */
  read(path: string, place: SecretPlace): string {
    const value = readSecret(path, place, this.#environment);
    this.hide(value);
    return value;
  }

  /** Takes a text out of all that is logged. */
  hide(value: string): void {
    if (value.length >= HIDDEN_CHARACTERS_MIN) this.#values.add(value);
    const encoded = encodeURIComponent(value);
    if (encoded.length >= HIDDEN_CHARACTERS_MIN) this.#values.add(encoded);
  }

  /** A text without any of them. */
  cleared(text: string): string {
    // The longest first: one may be part of another.
    const values = [...this.#values].sort((a, b) => b.length - a.length);
    return values.reduce((rest, value) => rest.replaceAll(value, MASK), text);
  }
}
