/**
 * A line without its end lies in `text` from `start` to `end`; `ended` is false for a last one that has no
 * line end.
 */
export type LineTaker = (text: string, start: number, end: number, ended: boolean) => void;

/** Cuts bytes into lines as they arrive. */
export interface LineReader {
  push(bytes: Buffer): void;
  /** Hands over a last line without a line end. */
  end(): void;
}

/** No line of a log comes near it; a longer one is not kept in memory. */
export const longestLine = 1 << 16;

/** Reads lines. Bytes are taken as Latin-1: numbers and names of columns are ASCII. */
export function createLineReader(take: LineTaker, tooLong: () => void): LineReader {
  let rest = "";
  const line = (text: string, start: number, end: number, ended: boolean): void =>
    take(text, start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end, ended);
  return {
    push(bytes) {
      const text = rest + bytes.toString("latin1");
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        line(text, start, end, true);
        start = end + 1;
      }
      rest = text.slice(start);
      if (rest.length <= longestLine) return;
      rest = "";
      tooLong();
    },
    end() {
      if (rest.length > 0) line(rest, 0, rest.length, false);
    },
  };
}
