// Who changed last: places in the order in which something happened at them. A linked list in columns, so that moving one
// to the end, which every message does, makes nothing.

const NONE = -1;
const PLACES_MIN = 64;

/** Places, each with the serial of the newest that happened there. Serials only grow. */
export class Order {
  #serials = new Float64Array(PLACES_MIN);
  #older = new Int32Array(PLACES_MIN).fill(NONE);
  #newer = new Int32Array(PLACES_MIN).fill(NONE);
  #oldest = NONE;
  #newest = NONE;

  /** The place where nothing has happened for longest; undefined when there is none. */
  get oldest(): number | undefined {
    return this.#oldest === NONE ? undefined : this.#oldest;
  }

  /** Adds a place as the newest. */
  add(place: number, serial: number): void {
    if (place >= this.#serials.length) this.#grow(place + 1);
    this.#serials[place] = serial;
    this.#older[place] = this.#newest;
    this.#newer[place] = NONE;
    if (this.#newest === NONE) this.#oldest = place;
    else this.#newer[this.#newest] = place;
    this.#newest = place;
  }

  /** Makes a place that is there the newest. */
  move(place: number, serial: number): void {
    if (place === this.#newest) {
      this.#serials[place] = serial;
    } else {
      this.remove(place);
      this.add(place, serial);
    }
  }

  /** Takes a place that is there out. */
  remove(place: number): void {
    const older = this.#older[place] ?? NONE;
    const newer = this.#newer[place] ?? NONE;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  /** The places where something happened after `serial`, at most `limit`, oldest first. */
  since(serial: number, limit: number): number[] {
    let first = NONE;
    for (let at = this.#newest; at !== NONE && (this.#serials[at] ?? 0) > serial; at = this.#older[at] ?? NONE)
      first = at;
    const places: number[] = [];
    for (let at = first; at !== NONE && places.length < limit; at = this.#newer[at] ?? NONE) places.push(at);
    return places;
  }

  #grow(places: number): void {
    const length = Math.max(places, this.#serials.length * 2);
    const serials = new Float64Array(length);
    const older = new Int32Array(length).fill(NONE);
    const newer = new Int32Array(length).fill(NONE);
    serials.set(this.#serials);
    older.set(this.#older);
    newer.set(this.#newer);
    this.#serials = serials;
    this.#older = older;
    this.#newer = newer;
  }
}
