import { SteepestError } from "@steepest/optim";
import { z } from "zod";
import type { SearchSpace } from "../tuning/searchSpace.js";

/** A value of a hyper-parameter: a number, a flag, or one of several words. */
export type HyperparameterValue = number | boolean | string;

/**
 * A point: hyper-parameter -> value, under the names that stand in AlgoPerf's `hparams.json`
 * (`learning_rate`, `one_minus_beta1`, ...). Two of them are the harness's own: `dropout_rate` and
 * `label_smoothing` are given to the workload.
 */
export type Hyperparameters = Readonly<Record<string, HyperparameterValue>>;

/** {@link Hyperparameters} in plans and in messages to workers. */
export const hyperparametersSchema = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));

/**
 * How a submission is tuned. `external`: every study tries points, either its first ones of a list or
 * quasi-random ones of a space. `self`: one trial a study and nothing to choose; what it is made with stands
 * in `hparams.json` all the same.
 */
export type SubmissionTuning<Point extends Hyperparameters = Hyperparameters> =
  | { readonly kind: "external"; readonly points: readonly Point[] }
  | { readonly kind: "external"; readonly space: SearchSpace }
  | { readonly kind: "self"; readonly hyperparameters: Point };

/** A point of which the names and types are those of every point of the submission. */
export function exampleOf(tuning: SubmissionTuning): Hyperparameters {
  if (tuning.kind === "self") return tuning.hyperparameters;
  if ("points" in tuning) return tuning.points[0] ?? {};
  return Object.fromEntries(Object.keys(tuning.space).map((name) => [name, 0]));
}

/**
 * Checks that a point has the names and types of another.
 * @throws SteepestError `invalid-value` that names the submission and what differs
 */
export function checkLike(submission: string, point: Hyperparameters, example: Hyperparameters): void {
  const refuse = (found: string, fix: string) =>
    new SteepestError("invalid-value", `hyper-parameters of ${submission}: ${found}`, fix);
  const names = Object.keys(example);
  const all = names.length === 0 ? "It has none" : `It has ${names.join(", ")}`;
  for (const name of names)
    if (!Object.hasOwn(point, name)) throw refuse(`${name} is missing`, `${all}; give each a value`);
  for (const [name, value] of Object.entries(point)) {
    const like = Object.hasOwn(example, name) ? example[name] : undefined;
    if (like === undefined) throw refuse(`there is no ${JSON.stringify(name)}`, all);
    if (typeof value !== typeof like)
      throw refuse(
        `${name} is ${JSON.stringify(value)}, expected a ${typeof like}`,
        `Give a value like ${JSON.stringify(like)}`,
      );
    if (typeof value === "number" && !Number.isFinite(value))
      throw refuse(`${name} is ${value}`, "Give a finite number");
  }
}

/** What the harness gives to the workload, where the point names it. */
export interface Regularisation {
  readonly dropout?: number;
  readonly labelSmoothing?: number;
}

/**
 * The harness's part of a point. @throws SteepestError `invalid-value` for a rate outside [0, 1)
 */
export function regularisationOf(submission: string, point: Hyperparameters): Regularisation {
  const rate = (name: string): number | undefined => {
    const value = Object.hasOwn(point, name) ? point[name] : undefined;
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 0 && value < 1) return value;
    throw new SteepestError(
      "invalid-value",
      `hyper-parameters of ${submission}: ${name} is ${JSON.stringify(value)}`,
      "Give a number in [0, 1), or leave it to the workload",
    );
  };
  const dropout = rate("dropout_rate");
  const labelSmoothing = rate("label_smoothing");
  return {
    ...(dropout === undefined ? {} : { dropout }),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  };
}
