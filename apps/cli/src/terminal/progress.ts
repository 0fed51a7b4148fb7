import { truncate } from "@steepest/report";
import type { Io } from "../io.js";

/**
 * What a long command shows on stderr while it works. On a terminal `show` redraws its lines in place;
 * elsewhere it is silent, so that a log holds only what `print` wrote.
 */
export interface Progress {
  /**
   * Replaces the live lines. Calls that come faster than the eye can follow are dropped. Lines are cut to the
   * terminal, except those with colours, which must fit as they are.
   */
  show(lines: string | readonly string[]): void;
  /** Writes a line that stays, above the live lines. */
  print(line: string): void;
  /** Removes the live lines. Call it before anything else is written to the terminal. */
  clear(): void;
}

const redrawPeriod = 80; // milliseconds

/** Columns of a terminal, or the fallback where the stream is none. */
export const columnsOf = (stream: NodeJS.WritableStream, fallback = 80): number =>
  "columns" in stream && typeof stream.columns === "number" && stream.columns > 0 ? stream.columns : fallback;

/** Lines of a terminal, or the fallback where the stream is none. */
export const linesOf = (stream: NodeJS.WritableStream, fallback = 24): number =>
  "rows" in stream && typeof stream.rows === "number" && stream.rows > 0 ? stream.rows : fallback;

/** How a table is laid out on a stream: as wide as its terminal and in colours there, else as wide as given. */
export const tableOptions = (stream: NodeJS.WritableStream, fallback: number) => ({
  width: columnsOf(stream, fallback),
  colour: "isTTY" in stream && stream.isTTY === true,
});

/** Progress on the stderr of `io`. */
export function createProgress(io: Io): Progress {
  let live: readonly string[] = [];
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const erase = () => {
    if (drawn === 0) return;
    // Up to the first live line, then erase to the end of the screen.
    io.stderr.write(`\r${drawn > 1 ? `\u001b[${drawn - 1}A` : ""}\u001b[J`);
    drawn = 0;
  };
  const draw = () => {
    if (live.length === 0) return;
    // A line as wide as the terminal wraps on some, and a wrapped line cannot be erased by counting.
    const width = columnsOf(io.stderr) - 1;
    const fitted = live.map((line) => (line.includes("\u001b") ? line : truncate(line, width)));
    io.stderr.write(fitted.join("\n"));
    drawn = live.length;
  };

  return {
    show(lines) {
      if (!io.interactive) return;
      live = typeof lines === "string" ? [lines] : lines;
      const now = performance.now();
      if (now - drawnAt < redrawPeriod) return;
      drawnAt = now;
      erase();
      draw();
    },
    print(line) {
      erase();
      io.stderr.write(`${line}\n`);
      if (io.interactive) draw();
    },
    clear() {
      erase();
      live = [];
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Seconds left if the rest goes as fast as what is done; infinite before anything is done. */
export const secondsRemaining = (done: number, total: number, elapsedSeconds: number): number =>
  done > 0 ? (elapsedSeconds / done) * (total - done) : Number.POSITIVE_INFINITY;

/** A bar of `width` cells filled to a fraction in [0, 1]: `████░░░░`. */
export function bar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(Math.max(fraction, 0), 1) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
