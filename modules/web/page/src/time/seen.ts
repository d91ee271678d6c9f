// What is seen, for taking along: a table of what is shown, and where it is drawn, the picture.

/** A view says what it shows. */
export interface Seen {
  /** For the name of a file, without its ending. */
  readonly name: string;
  /** The names of the columns, then the rows. What is not known is undefined. */
  table(): { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] };
  /** What is drawn, each with its heading; undefined where nothing is. */
  pictures?(): readonly { readonly title: string; readonly canvas: HTMLCanvasElement }[];
}

export type Cell = string | number | undefined;

/** Comma-separated values, RFC 4180, with a line of names. A text that a spreadsheet would take for a formula is marked as text. */
export function csvOf({ columns, rows }: ReturnType<Seen['table']>): string {
  return [columns, ...rows].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** A JSON array with an object a row; what is not known is left out. */
export function jsonOf({ columns, rows }: ReturnType<Seen['table']>): string {
  const objects = rows.map((cells) =>
    Object.fromEntries(columns.flatMap((column, i) => (cells[i] === undefined ? [] : [[column, cells[i]]]))),
  );
  return JSON.stringify(objects, undefined, 1);
}

function quoted(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The widest and highest picture, in device pixels. */
const PICTURE_MAX = 8_192;

/** All pictures under one another, each with its heading; undefined when there are none. */
export function pictureOf(
  pictures: ReturnType<NonNullable<Seen['pictures']>>,
  heading: string,
): HTMLCanvasElement | undefined {
  const first = pictures[0];
  if (first === undefined) return undefined;
  const { fontFamily, color } = getComputedStyle(document.body);
  const ground = getComputedStyle(document.documentElement).backgroundColor;
  const line = Math.round(22 * devicePixelRatio);
  const edge = Math.round(16 * devicePixelRatio);
  const width = Math.min(PICTURE_MAX, Math.max(...pictures.map(({ canvas }) => canvas.width)) + 2 * edge);
  const whole = document.createElement('canvas');
  const fitting = [...pictures];
  const heightOf = () => fitting.reduce((sum, { canvas }) => sum + canvas.height + 2 * line, 2 * line + edge);
  while (heightOf() > PICTURE_MAX) fitting.pop();
  whole.width = width;
  whole.height = heightOf();
  const context = whole.getContext('2d');
  if (context === null) return undefined;
  context.fillStyle = ground;
  context.fillRect(0, 0, whole.width, whole.height);
  context.fillStyle = color;
  context.textBaseline = 'middle';
  context.font = `600 ${Math.round(15 * devicePixelRatio)}px ${fontFamily}`;
  context.fillText(heading, edge, line);
  context.font = `${Math.round(13 * devicePixelRatio)}px ${fontFamily}`;
  let top = 2 * line;
  for (const { title, canvas } of fitting) {
    context.fillText(title, edge, top + line / 2);
    context.drawImage(canvas, edge, top + line);
    top += canvas.height + 2 * line;
  }
  return whole;
}

/** Hands something to the browser to be kept as a file. */
export function keep(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
