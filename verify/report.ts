// The table: each figure as we tell it and as the kernel's own tools do, and whether they agree.

/** How far apart two figures may be, of theirs. */
export const APART_MAX = 0.02;

/** What stands in a row before it is judged. */
export interface Compared {
  readonly figure: string;
  readonly unit: string;
  readonly tool: string;
  readonly ours: number;
  readonly theirs: number;
  /** What the tool rounds to, or what one event more or less makes of the mean: below that there is nothing to tell. */
  readonly step?: number;
  /** Why this machine cannot have it, where that is known. */
  readonly why?: string | undefined;
}

/** A row of the table. */
export interface Row extends Compared {
  readonly load: string;
  readonly verdict: 'yes' | 'NO' | 'not here';
}

/** Judges a comparison. What neither saw says nothing, and holds nothing. */
export function judge(load: string, compared: Compared): Row {
  const { ours, theirs, step = 0, why } = compared;
  const row = (verdict: Row['verdict'], because?: string): Row => ({ ...compared, load, verdict, why: because });
  if (why !== undefined) return row('not here', why);
  if (Number.isNaN(theirs)) return row('not here', 'the tool does not tell it');
  if (Number.isNaN(ours)) return row('NO', 'we do not tell it');
  if (ours === 0 && theirs === 0) return row('not here', 'none happened');
  const apart = Math.abs(ours - theirs);
  return row(apart <= APART_MAX * Math.abs(theirs) || apart <= step ? 'yes' : 'NO');
}

const HEADINGS = ['figure', 'unit', 'tool', 'load', 'ours', 'theirs', 'apart', 'step', 'holds'];
const RIGHT = new Set(['ours', 'theirs', 'apart', 'step']);

/** As lines of text in columns: for a terminal, and as it stands for Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(
    (row) =>
      `| ${row
        .map((cell, at) =>
          RIGHT.has(HEADINGS[at] ?? '') ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join(' | ')} |`,
  );
  const rule = `|${widths.map((width, at) => (RIGHT.has(HEADINGS[at] ?? '') ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function cellsOf({ figure, unit, tool, load, ours, theirs, step, verdict, why }: Row): string[] {
  const about = [figure, unit, tool, load];
  if (verdict === 'not here') return [...about, '', '', '', '', `not here: ${why}`];
  const apart = Math.abs(ours - theirs) / Math.abs(theirs);
  return [
    ...about,
    text(ours),
    text(theirs),
    Number.isFinite(apart) ? `${(apart * 100).toFixed(2)} %` : '',
    step === undefined ? '' : String(step),
    why === undefined
      ? verdict === 'yes' && !(apart <= APART_MAX)
        ? 'yes, by the step'
        : verdict
      : `${verdict}: ${why}`,
  ];
}

/** Five digits, or all before the point. */
function text(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(5)));
}

/** `N within 2 %, M beyond, K not here`. */
export function countsOf(rows: readonly Row[]): string {
  const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  return `${count('yes')} within ${APART_MAX * 100} %, ${count('NO')} beyond, ${count('not here')} not here`;
}
