import { SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { quasiRandomSearch, type SequenceName } from "../tuning/searchSpace.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { Submission } from "./submission.js";

/** Which points a study tries. */
export interface TuningPointsOptions {
  /** How many trials a study has. */
  readonly trials: number;
  /** The study's number, from 1. */
  readonly study: number;
  /** The bench's seed. */
  readonly seed: number;
  /** Where the points of a space come from; `halton` by default, as in AlgoPerf. */
  readonly sequence?: SequenceName;
}

/**
 * The points that a study of a submission tries, in order. A list gives its first ones, as many as there are;
 * a self-tuning submission gives one. A space gives the first points of a quasi-random sequence, the same in
 * every study, in an order that the seed and the study shuffle (AlgoPerf's generator shuffles without one).
 * @throws SteepestError `invalid-value` for a count that is no positive integer
 */
export function tuningPoints(
  { name, tuning }: Pick<Submission, "name" | "tuning">,
  { trials, study, seed, sequence = "halton" }: TuningPointsOptions,
): readonly Hyperparameters[] {
  if (!Number.isSafeInteger(trials) || trials < 1)
    throw new SteepestError(
      "invalid-value",
      `${name}: ${trials} trials a study`,
      "Give a positive integer, as AlgoPerf's 5",
    );
  if (tuning.kind === "self") return [tuning.hyperparameters];
  if ("points" in tuning) return tuning.points.slice(0, trials);
  const points = quasiRandomSearch(tuning.space, trials, sequence);
  const order = randomStream(seed, "tuning-order", name, study).permutation(points.length);
  return Array.from(order, (index) => points[index] ?? {});
}
