// What a terminal shows: a few styles, and texts cut and filled to a width.

/** Styles of a text; each leaves it as it is where nobody would see them. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
}

/** A stream that may be a terminal. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

const PLAIN: Style = { bold: (text) => text, dim: (text) => text, accent: (text) => text };

const COLOURED: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  accent: (text) => `\u001b[36m${text}\u001b[39m`,
};

/** The styles for a stream: none in a pipe, nor where NO_COLOR asks for none (https://no-color.org). */
export function styleFor(output: Output): Style {
  return output.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' ? COLOURED : PLAIN;
}

/** Columns of a stream; endless in a pipe. */
export function columnsOf(output: Output): number {
  return output.isTTY === true ? (output.columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** A text cut to a width, with `…` where it was cut. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

/** A text in lines of a width, broken between words; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
