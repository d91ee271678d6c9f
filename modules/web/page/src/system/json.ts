// A message's body for reading: indented, and in pieces that know what they are. Text only; nothing here makes elements.

export interface Piece {
  readonly kind: 'name' | 'text' | 'number' | 'word' | 'mark';
  readonly text: string;
}

/** The pieces of a JSON text, indented; undefined if it is none, as one that was cut. */
export function piecesOf(text: string): readonly Piece[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return [...JSON.stringify(value, null, 2).matchAll(TOKEN)].map(([text, name, string, number, word]) => ({
    kind: name ? 'name' : string ? 'text' : number ? 'number' : word ? 'word' : 'mark',
    text,
  }));
}

const TOKEN =
  /("(?:[^"\\]|\\.)*"(?=:))|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|[^"\dtfn-]+|./gs;

/** The first figures of a body, for one line. */
export function gistOf(text: string): string {
  const figures: string[] = [];
  for (const [, name, value] of text.slice(0, GIST_FROM).matchAll(FIGURE)) {
    figures.push(`${name} ${value?.replace(/^"|"$/g, '')}`);
    if (figures.length === GIST_FIGURES) break;
  }
  return figures.length > 0 ? figures.join(' · ') : text.slice(0, GIST_CHARACTERS);
}

const GIST_FROM = 2_000;
const GIST_FIGURES = 3;
const GIST_CHARACTERS = 120;
const FIGURE = /"(\w{1,40})":\s*("[^"\\]{0,40}"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)/g;

/** A text cut where `wanted` stands in it, in any case: every second part is a find. */
export function partsOf(text: string, wanted: string): readonly string[] {
  if (wanted === '') return [text];
  const parts: string[] = [];
  const lower = text.toLowerCase();
  const needle = wanted.toLowerCase();
  // In some scripts a small letter is longer than its capital: then nothing is marked rather than the wrong thing.
  if (lower.length !== text.length) return [text];
  let from = 0;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + needle.length));
    from = at + needle.length;
  }
  parts.push(text.slice(from));
  return parts;
}
