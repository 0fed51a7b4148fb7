import { mean } from "../statistics/descriptive.js";
import { argMin } from "./problems/grid.js";

/**
 * The candidate with the least loss, the mean over what `losses` gives for it. Give it runs on other seeds
 * than those that are measured afterwards.
 */
export async function tune<Candidate>(
  candidates: readonly Candidate[],
  losses: (candidate: Candidate, index: number) => Promise<readonly number[]>,
): Promise<Candidate> {
  const means: number[] = [];
  for (const [index, candidate] of candidates.entries()) means.push(mean(await losses(candidate, index)));
  const best = candidates[argMin(means)];
  if (best === undefined) throw new RangeError("tune expects at least one candidate");
  return best;
}
