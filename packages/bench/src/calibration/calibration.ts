import { setImmediate } from "node:timers/promises";

/** The shares that a procedure promises: at most so many false findings, or a truth so often covered. */
export type PromisedShare =
  | { readonly atMost: number }
  | { readonly between: readonly [low: number, high: number] };

/** A statistical procedure of this project under a law where the truth is known. */
export interface Calibration {
  /** Unique: `compare-one-optimizer-twice`. */
  readonly name: string;
  /** What is counted, in words: `one optimizer under two names is told apart`. */
  readonly counts: string;
  /** What is drawn, in words. */
  readonly law: string;
  readonly promised: PromisedShare;
  /** Simulations by default. */
  readonly runs: number;
  /** One simulation: how many of how many cases counted. A pure function of the seed. */
  simulate(seed: number): { readonly counted: number; readonly cases: number };
}

/** What simulations of a procedure found. */
export interface CalibrationResult extends Pick<Calibration, "name" | "counts" | "law" | "promised"> {
  readonly runs: number;
  /** The share of cases that counted. */
  readonly share: number;
  /** Of `share`, from the scatter between runs. */
  readonly standardError: number;
  /** Whether the share keeps the promise, or misses it by less than two standard errors. */
  readonly kept: boolean;
}

/** How simulations are run. */
export interface CalibrateOptions {
  /** Each calibration's own number by default. */
  readonly runs?: number;
  /** The simulations are a pure function of it, 0 by default. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Milliseconds of work between two looks at the event loop. */
const turn = 30;

/**
 * Simulates a procedure and counts how often it does what it promises.
 *
 * @throws the signal's reason where it is aborted
 */
export async function calibrate(
  calibration: Calibration,
  { runs = calibration.runs, seed = 0, signal, onProgress }: CalibrateOptions = {},
): Promise<CalibrationResult> {
  let [counted, cases, squares] = [0, 0, 0];
  let yielded = performance.now();
  for (let run = 0; run < runs; run++) {
    if (performance.now() - yielded >= turn) {
      onProgress?.(run / runs);
      await setImmediate();
      yielded = performance.now();
    }
    signal?.throwIfAborted();
    const found = calibration.simulate(seed * runs + run);
    counted += found.counted;
    cases += found.cases;
    squares += (found.counted / found.cases) ** 2;
  }
  const share = counted / cases;
  // Cases of one simulation depend on each other, simulations do not.
  const standardError = Math.sqrt(Math.max(0, squares / runs - share * share) / runs);
  const { name, counts, law, promised } = calibration;
  return {
    ...{ name, counts, law, promised, runs, share, standardError },
    kept: keeps(promised, share, 2 * standardError),
  };
}

function keeps(promised: PromisedShare, share: number, tolerance: number): boolean {
  if ("atMost" in promised) return share <= promised.atMost + tolerance;
  const [low, high] = promised.between;
  return share >= low - tolerance && share <= high + tolerance;
}
