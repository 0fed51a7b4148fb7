import type { LineSearch, LineValue } from "../lineSearch/lineFunction.js";
import type { DescentMemory, DescentState } from "./descent.js";
import type { StepRun } from "./method.js";
import { searchAlong } from "./searchAlong.js";
import { dot, largest, setScaled } from "./vector.js";

/** What a method is told of the ray x − t·g that it searches. */
export interface GradientRay extends LineValue {
  /** ‖g‖∞. */
  readonly directionSize: number;
  /** The last step that was taken; undefined before the first and after a search that found none. */
  readonly lastStep: number | undefined;
}

/** What gradient descent with a line search keeps: the last step, NaN where there is none. */
export const gradientDescentState: DescentState = {
  saved: [],
  scratch: ["start", "direction"],
  numbers: { lastStep: Number.NaN },
};

/** A step of gradient descent whose size is searched for. */
export function* searchedStep(
  { x, g, vector, numbers, checkFinite }: DescentMemory,
  search: (ray: GradientRay) => LineSearch,
): StepRun {
  const loss = yield undefined;
  checkFinite(loss, "where the step begins");
  const ray = { x, g, start: vector("start"), direction: vector("direction") };
  ray.start.set(x);
  setScaled(ray.direction, -1, g);
  const slope = dot(g, ray.direction);
  const report = { loss, skipped: 0, gradientNorm: Math.sqrt(-slope) };
  if (slope === 0) return { ...report, applied: false, stepSize: 0, satisfied: true, evaluations: 1 };
  const { lastStep = Number.NaN } = numbers;
  const { step, satisfied, evaluations } = yield* searchAlong(
    ray,
    search({
      value: loss,
      slope,
      directionSize: largest(ray.direction),
      lastStep: Number.isNaN(lastStep) ? undefined : lastStep,
    }),
  );
  // After a search that failed the next begins afresh: a last step of 0 would never move again.
  numbers.lastStep = step > 0 ? step : Number.NaN;
  return { ...report, applied: step > 0, stepSize: step, satisfied, evaluations: 1 + evaluations };
}
