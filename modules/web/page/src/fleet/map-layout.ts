// How large a cell of the heat map is, and where its groups lie, so that the whole fleet fits on one screen.

/** Pixels of a cell: as large as fits between these. */
export const CELL_MAX = 28;
export const CELL_MIN = 3;

/** Pixels above a group for its name, and between two groups. */
export const LABEL_HEIGHT = 24;
export const GAP = 16;

/** The least width of a group that has a name, so that it can be read. */
const LABEL_WIDTH = 96;

export interface GroupLayout {
  readonly columns: number;
  readonly rows: number;
}

export interface MapLayout {
  /** Pixels of a cell, its gap included. */
  readonly cell: number;
  readonly groups: readonly GroupLayout[];
  /** Pixels of all lines of groups together. */
  readonly height: number;
}

/**
 * Lays groups out in lines, each line as high as its highest group.
 *
 * @param counts machines of each group
 * @param named whether groups have names above them
 * @param width pixels there are
 * @param height pixels there are; what does not fit at the smallest cell is higher
 */
export function layOut(counts: readonly number[], named: boolean, width: number, height: number): MapLayout {
  for (let cell = CELL_MAX; ; cell--) {
    const groups = layOutAt(cell, counts, named, width);
    const needed = heightOf(groups, cell, named, width);
    if (needed <= height || cell === CELL_MIN) return { cell, groups, height: needed };
  }
}

function layOutAt(cell: number, counts: readonly number[], named: boolean, width: number): GroupLayout[] {
  const columns_max = Math.max(1, Math.floor(width / cell));
  return counts.map((count) => {
    // A group a little wider than high reads well beside others; one alone takes the whole width.
    const wanted = counts.length === 1 ? columns_max : Math.ceil(Math.sqrt(count * 1.8));
    const columns = Math.min(columns_max, Math.max(wanted, named ? Math.ceil(LABEL_WIDTH / cell) : 1));
    return { columns, rows: Math.max(1, Math.ceil(count / columns)) };
  });
}

function heightOf(groups: readonly GroupLayout[], cell: number, named: boolean, width: number): number {
  let height = 0;
  let line_height = 0;
  let x = 0;
  for (const { columns, rows } of groups) {
    const group_width = columns * cell;
    if (x > 0 && x + group_width > width) {
      height += line_height + GAP;
      line_height = 0;
      x = 0;
    }
    x += group_width + GAP;
    line_height = Math.max(line_height, rows * cell + (named ? LABEL_HEIGHT : 0));
  }
  return height + line_height;
}
