import { displayWidth, truncate } from "./width.js";

/** What a cell says beside its text; shown as a colour where the terminal has colours. */
export type Tone = "good" | "bad" | "quiet" | "strong";

/** A cell: its text, and what it says beside that. */
export type TextCell = string | { readonly text: string; readonly tone: Tone };

/** A column of a table. */
export interface TextColumn {
  readonly title: string;
  /** `left` by default; numbers read best `right`. */
  readonly align?: "left" | "right";
  /** Whether this column gives way (with an ellipsis) where the table is wider than the terminal. */
  readonly shrinks?: boolean;
}

/** What the terminal can show. */
export interface TextTableOptions {
  /** Columns of the terminal; unlimited by default. */
  readonly width?: number;
  /** Whether to emit ANSI colours; false by default. */
  readonly colour?: boolean;
}

const gap = "  ";
const narrowest = 6;
const toneCodes: Readonly<Record<Tone, string>> = { good: "32", bad: "31", quiet: "2", strong: "1" };

/** Control characters in a name would move the cursor or hide text. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd");
const textOf = (cell: TextCell): string => printable(typeof cell === "string" ? cell : cell.text);

/** The widths of the columns, narrowed from the widest shrinking one until the table fits. */
function fit(natural: readonly number[], columns: readonly TextColumn[], limit: number): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  for (let excess = total() - limit; excess > 0; excess--) {
    let widest = -1;
    columns.forEach((column, index) => {
      const width = widths[index] ?? 0;
      if (column.shrinks === true && width > narrowest && width > (widths[widest] ?? 0)) widest = index;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/**
 * A table for a terminal: titles, a rule, one line a row; no trailing blanks. Widths follow what the terminal
 * shows (wide and combining characters count as such). Columns that shrink give way first; the table never
 * wraps a line by itself.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly TextCell[])[],
  options: TextTableOptions = {},
): string {
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(textOf(row[index] ?? "")))),
  );
  const widths = fit(natural, columns, options.width ?? Number.POSITIVE_INFINITY);
  const line = (cells: readonly TextCell[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        const shown = truncate(textOf(cell), width);
        const padding = " ".repeat(width - displayWidth(shown));
        const toned =
          options.colour === true && typeof cell !== "string"
            ? `\u001b[${toneCodes[cell.tone]}m${shown}\u001b[0m`
            : shown;
        return column.align === "right" ? padding + toned : toned + padding;
      })
      .join(gap)
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join(gap);
  const titles = columns.map((column): TextCell => ({ text: column.title, tone: "strong" }));
  return [line(titles), rule, ...rows.map(line)].join("\n");
}
