// Where in the settings file something stands, so that an error can name the line.

/**
 * The line, from 1, on which a setting stands, or else the nearest table or list around it; undefined when none of it is
 * there. The text is known to be TOML.
 *
 * @param steps the way to it, as `['notifier', 'routes', '0', 'channels']`
 */
export function lineOf(text: string, steps: readonly string[]): number | undefined {
  let found: { readonly depth: number; readonly line: number } | undefined;
  const note = (path: readonly string[], line: number) => {
    const depth = Math.min(path.length, steps.length);
    // What is inside the setting stands for it where it has no line of its own.
    if (steps.slice(0, depth).some((step, at) => step !== path[at])) return;
    if (depth > (found?.depth ?? 0)) found = { depth, line };
  };
  new Reader(text, note).read();
  return found?.line;
}

/** Goes through a file once, and notes each table, each setting and each part of a value with its line. */
class Reader {
  readonly #text: string;
  readonly #note: (path: readonly string[], line: number) => void;
  #at = 0;
  #line = 1;

  constructor(text: string, note: (path: readonly string[], line: number) => void) {
    this.#text = text;
    this.#note = note;
  }

  read(): void {
    const counts = new Map<string, number>();
    let table: readonly string[] = [];
    for (this.#skip(/[\s]/); this.#at < this.#text.length; this.#skip(/[\s]/)) {
      if (this.#next === '[') {
        const is_list = this.#text.startsWith('[[', this.#at);
        this.#go(is_list ? 2 : 1);
        table = tablePath(this.#key(), is_list, counts);
        this.#note(table, this.#line);
        this.#go(is_list ? 2 : 1);
      } else this.#entry(table);
    }
  }

  get #next(): string {
    return this.#text.charAt(this.#at);
  }

  /** `key = value`. */
  #entry(table: readonly string[]): void {
    const path = [...table, ...this.#key()];
    this.#note(path, this.#line);
    // The sign between them.
    this.#go(1);
    this.#skip(/[^\S\n]/);
    this.#value(path);
  }

  #value(path: readonly string[]): void {
    if (this.#next === '"' || this.#next === "'") this.#quoted();
    else if (this.#next === '[') {
      this.#go(1);
      for (let index = 0; this.#inside(']'); index++) {
        const part = [...path, String(index)];
        this.#note(part, this.#line);
        this.#value(part);
      }
    } else if (this.#next === '{') {
      this.#go(1);
      while (this.#inside('}')) this.#entry(path);
    } else while (this.#at < this.#text.length && !/[,\]}\n#]/.test(this.#next)) this.#go(1);
  }

  /** Goes to the next part of a list or a table in one; over its end when there is none. */
  #inside(end: string): boolean {
    this.#skip(/[\s,]/);
    if (this.#at >= this.#text.length) return false;
    if (this.#next !== end) return true;
    this.#go(1);
    return false;
  }

  /** The names of a key, as they are without their quotes. */
  #key(): string[] {
    const names: string[] = [];
    for (;;) {
      this.#skip(/[^\S\n]/);
      const from = this.#at;
      if (this.#next === '"' || this.#next === "'") {
        this.#quoted();
        names.push(this.#text.slice(from + 1, this.#at - 1));
      } else {
        while (/[A-Za-z0-9_-]/.test(this.#next)) this.#go(1);
        names.push(this.#text.slice(from, this.#at));
      }
      this.#skip(/[^\S\n]/);
      if (this.#next !== '.') return names;
      this.#go(1);
    }
  }

  /** A text in quotes, of one line or of several. */
  #quoted(): void {
    const mark = this.#next;
    const quotes = this.#text.startsWith(mark.repeat(3), this.#at) ? mark.repeat(3) : mark;
    this.#go(quotes.length);
    while (this.#at < this.#text.length && !this.#text.startsWith(quotes, this.#at)) {
      this.#go(mark === '"' && this.#next === '\\' ? 2 : 1);
    }
    this.#go(quotes.length);
    // A text of several lines may end with quotes of its own.
    while (quotes.length === 3 && this.#next === mark) this.#go(1);
  }

  /** Goes over characters of a kind, and over comments. */
  #skip(kind: RegExp): void {
    for (;;) {
      if (this.#at < this.#text.length && kind.test(this.#next)) this.#go(1);
      else if (this.#next === '#') this.#comment();
      else return;
    }
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #go(characters: number): void {
    for (let n = 0; n < characters && this.#at < this.#text.length; n++) {
      if (this.#text.charAt(this.#at++) === '\n') this.#line++;
    }
  }
}

/** A table's path; that of a list of tables has the number of the one that begins, also for the tables inside it. */
function tablePath(names: readonly string[], is_list: boolean, counts: Map<string, number>): string[] {
  const path: string[] = [];
  const read: string[] = [];
  for (const [at, name] of names.entries()) {
    path.push(name);
    read.push(name);
    const key = read.join('\n');
    const is_last = at === names.length - 1;
    if (is_last && is_list) counts.set(key, (counts.get(key) ?? -1) + 1);
    const count = counts.get(key);
    if (count !== undefined) path.push(String(count));
  }
  return path;
}
