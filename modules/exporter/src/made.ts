// What a format makes of a figure or a machine, made once for each.

export class Made<Of extends object, Result> {
  readonly #made = new WeakMap<Of, Result>();
  readonly #make: (of: Of) => Result;

  constructor(make: (of: Of) => Result) {
    this.#make = make;
  }

  of(object: Of): Result {
    let made = this.#made.get(object);
    if (made === undefined) {
      made = this.#make(object);
      this.#made.set(object, made);
    }
    return made;
  }
}
