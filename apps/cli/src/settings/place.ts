// Where in the settings file something stands, so that an error can name the line.

/** A key: bare, or in quotes. */
const STEP = `(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')`;
const KEY = `${STEP}(?:\\s*\\.\\s*${STEP})*`;
const TABLE = new RegExp(`^\\s*(\\[\\[?)\\s*(${KEY})\\s*\\]`);
const ENTRY = new RegExp(`^\\s*(${KEY})\\s*=`);

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
  const counts = new Map<string, number>();
  let table: readonly string[] = [];
  let quotes = '';
  for (const [index, line] of text.split('\n').entries()) {
    const inside = quotes !== '';
    quotes = quotesAfter(line, quotes);
    // What stands in a text of several lines only looks like a setting.
    if (inside) continue;
    const [, brackets, name] = TABLE.exec(line) ?? [];
    if (name !== undefined) {
      table = tablePath(stepsOf(name), brackets === '[[', counts);
      note(table, index + 1);
      continue;
    }
    const [, key] = ENTRY.exec(line) ?? [];
    if (key !== undefined) note([...table, ...stepsOf(key)], index + 1);
  }
  return found?.line;
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

function stepsOf(key: string): string[] {
  return (key.match(new RegExp(STEP, 'g')) ?? []).map((step) => step.replace(/^["']|["']$/g, ''));
}

/** The quotes of a text of several lines that is open after a line; empty when none is. */
function quotesAfter(line: string, open: string): string {
  let quotes = open;
  for (const [mark] of line.matchAll(/"""|'''/g)) {
    if (quotes === '') quotes = mark;
    else if (quotes === mark) quotes = '';
  }
  return quotes;
}
