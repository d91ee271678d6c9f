// Two lines that belong together, in /proc/net/snmp and /proc/net/netstat: the first names the columns, the second has
// their numbers. Both begin with the same label.
//
//     Udp: InDatagrams NoPorts InErrors OutDatagrams
//     Udp: 7943 0 0 7949

import { ascii, COUNTER_MAX, type Scanner } from './scanner.ts';

/** Reads some columns of such a pair. Where they stand is learned once, and again when the names change. */
export class HeadedLine<Name extends string> {
  readonly #first: Buffer;
  readonly #second: Buffer;
  readonly #names: ReadonlySet<string>;
  /** The first line as it was last, behind its label. */
  #head = ascii('');
  #columns: readonly { readonly name: Name; readonly column: number }[] = [];

  constructor(label: string, names: readonly Name[]) {
    this.#first = ascii(`\n${label}`);
    this.#second = ascii(label);
    this.#names = new Set(names);
  }

  /** The numbers by their names; absent what this kernel does not have. */
  read(file: Scanner): { [name in Name]?: number } {
    const numbers: { [name in Name]?: number } = {};
    if (!file.seek(this.#first)) return numbers;
    if (this.#head.length === 0 || !file.take(this.#head)) this.#learn(file.line());
    if (!file.take(this.#second)) return numbers;
    const words = file.line().split(' ');
    for (const { name, column } of this.#columns) {
      const number = Number(words[column]);
      // Some settings among them may be below nought.
      if (number >= 0 && number <= COUNTER_MAX) numbers[name] = number;
    }
    return numbers;
  }

  #learn(head: string): void {
    this.#head = ascii(`${head}\n`);
    this.#columns = head.split(' ').flatMap((name, column) => (this.#isWanted(name) ? [{ name, column }] : []));
  }

  #isWanted(name: string): name is Name {
    return this.#names.has(name);
  }
}
