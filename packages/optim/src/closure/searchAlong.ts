import type { Values } from "../backends/backend.js";
import type { LineSearch, LineSearchResult } from "../lineSearch/lineFunction.js";
import { dot } from "./vector.js";

/** A ray start + t · direction, and the point x that is moved along it. */
export interface Ray {
  readonly x: Values;
  readonly g: Values;
  readonly start: Values;
  readonly direction: Values;
}

/** Where a search along a ray ended. */
export interface RaySearch extends LineSearchResult {
  /** The loss there; undefined where the step is 0. */
  readonly loss: number | undefined;
  readonly evaluations: number;
}

/** x = start + step · direction. */
export function moveTo({ x, start, direction }: Ray, step: number): void {
  for (let i = 0; i < x.length; i++) x[i] = (start[i] ?? 0) + step * (direction[i] ?? 0);
}

/**
 * Carries out a search from `start`, where x lies, and leaves x at its answer; at `start` where something
 * throws. With an array to `keep` the gradient of another candidate than the last, g is that of the answer,
 * unless the answer is 0; without one, that of the last candidate.
 */
export function* searchAlong(
  ray: Ray,
  search: LineSearch,
  keep?: Values,
): Generator<undefined, RaySearch, number> {
  const { x, g, start, direction } = ray;
  let evaluations = 0;
  let last = { step: 0, loss: Number.NaN };
  let kept = last;
  try {
    let part = search.next();
    while (!part.done) {
      const query = part.value;
      if (query.kept === last.step && evaluations > 0) {
        kept = last;
        keep?.set(g);
      }
      moveTo(ray, query.step);
      const loss = yield undefined;
      evaluations++;
      last = { step: query.step, loss };
      part = search.next({ value: loss, slope: dot(g, direction) });
    }
    const { step, satisfied } = part.value;
    if (!(step > 0)) {
      x.set(start);
      return { step: 0, satisfied, loss: undefined, evaluations };
    }
    moveTo(ray, step);
    if (step === last.step) return { step, satisfied, loss: last.loss, evaluations };
    if (keep !== undefined) g.set(keep);
    return { step, satisfied, loss: kept.loss, evaluations };
  } catch (error) {
    x.set(start);
    throw error;
  }
}
