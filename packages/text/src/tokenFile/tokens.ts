import { SteepestError } from "@steepest/optim";

/** A row of tokens, wherever it lies. */
export interface Tokens {
  readonly length: number;
  /** Bytes of it that stay in memory. */
  readonly residentBytes: number;
  /**
   * Writes the tokens from `start` on into all of `out`.
   * @throws SteepestError `invalid-value` beyond either end; what reading a file throws
   */
  read(start: number, out: Int32Array | Uint16Array): void;
}

/** Tokens in memory. */
export const tokensInMemory = (tokens: Uint16Array): Tokens => ({
  length: tokens.length,
  residentBytes: tokens.byteLength,
  read(start, out) {
    requireWindow(start, out.length, tokens.length);
    out.set(tokens.subarray(start, start + out.length));
  },
});

/** @throws SteepestError `invalid-value` where a window is not within the tokens there are */
export function requireWindow(start: number, count: number, length: number): void {
  if (Number.isInteger(start) && start >= 0 && start + count <= length) return;
  throw new SteepestError(
    "invalid-value",
    `tokens ${start} to ${start + count - 1} were asked for, but there are ${length}`,
    `Ask for tokens within 0 to ${length - 1}`,
  );
}
