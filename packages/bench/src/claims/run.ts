import { setImmediate } from "node:timers/promises";
import { requireValues } from "../statistics/intervals.js";
import type { Chart, Claim, Figure, Table } from "./claim.js";
import { effectOf, type Verdict, verdictOf } from "./verdict.js";

/** A claim with what its experiment found. Plain data. */
export interface ClaimResult {
  readonly name: string;
  readonly title: string;
  readonly claim: string;
  readonly setting: string;
  readonly seeds: readonly number[];
  readonly verdict: Verdict;
  readonly figures: readonly Figure[];
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  /** What the verdict must not be read without. */
  readonly caveat?: string;
}

/** How claims are run. */
export interface RunClaimOptions {
  /** How many seeds: 1, 2, …; the claim's own number by default. */
  readonly seeds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Milliseconds of work between two looks at the event loop. */
const turn = 30;

/**
 * Runs the experiment of a claim and judges it by the criteria that the claim declared. The same seeds give
 * the same result.
 *
 * @throws the signal's reason where it is aborted
 * @throws SteepestError for fewer than two seeds: an interval needs two.
 */
export async function runClaim(claim: Claim, options: RunClaimOptions = {}): Promise<ClaimResult> {
  const seeds = Array.from({ length: options.seeds ?? claim.seeds }, (_, i) => i + 1);
  requireValues(seeds, 2, `claim "${claim.name}"`);
  let yielded = performance.now();
  const progress = async (fraction: number): Promise<void> => {
    if (performance.now() - yielded >= turn) {
      options.onProgress?.(fraction);
      await setImmediate();
      yielded = performance.now();
    }
    options.signal?.throwIfAborted();
  };
  await progress(0);
  const { effects, tables = [], ...found } = await claim.run({ seeds, progress });
  const verdict = verdictOf(
    Object.entries(claim.criteria).map(([name, criterion]) => effectOf(criterion, effects[name] ?? [])),
  );
  const { name, title, setting } = claim;
  return { name, title, claim: claim.claim, setting, seeds, verdict, tables, ...found };
}
