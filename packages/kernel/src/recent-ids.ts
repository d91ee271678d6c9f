// Which messages were handled lately, so that one which comes again is told from a new one.

/** Ids remembered of one sender: more than a bus has on its way unconfirmed, which is what may come again. */
const IDS_OF_SENDER_MAX = 2_000;

/** Ids remembered in all; past that, those of the sender that has been silent for longest go. */
const IDS_MAX = 100_000;

/** A bounded memory of ids, by sender, so that one who says much pushes out no one else's. */
export class RecentIds {
  /** By sender, the longest silent first. */
  readonly #by_sender = new Map<string, Set<string>>();
  readonly #ids_max: number;
  readonly #ids_of_sender_max: number;
  #size = 0;

  constructor(ids_max = IDS_MAX, ids_of_sender_max = IDS_OF_SENDER_MAX) {
    this.#ids_max = ids_max;
    this.#ids_of_sender_max = ids_of_sender_max;
  }

  get size(): number {
    return this.#size;
  }

  has(sender: string, id: string): boolean {
    return this.#by_sender.get(sender)?.has(id) === true;
  }

  add(sender: string, id: string): void {
    const ids = this.#by_sender.get(sender) ?? new Set();
    this.#by_sender.delete(sender);
    this.#by_sender.set(sender, ids);
    this.#size -= ids.size;
    ids.add(id);
    if (ids.size > this.#ids_of_sender_max) ids.delete(first(ids));
    this.#size += ids.size;
    while (this.#size > this.#ids_max) {
      const silent = first(this.#by_sender.keys());
      this.#size -= this.#by_sender.get(silent)?.size ?? 0;
      this.#by_sender.delete(silent);
    }
  }
}

function first(texts: Iterable<string>): string {
  for (const text of texts) return text;
  return '';
}
