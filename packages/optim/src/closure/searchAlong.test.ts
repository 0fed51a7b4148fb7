import { expect, it } from "vitest";
import type { LineSearch } from "../lineSearch/lineFunction.js";
import { type Ray, searchAlong } from "./searchAlong.js";

/** A search that looks at 1 and 2, may still answer 1 then, and answers `step`. */
function* scripted(step: number): LineSearch {
  yield { step: 1, kept: 0 };
  yield { step: 2, kept: 1 };
  yield { step: 3, kept: 1 };
  return { step, satisfied: true };
}

/** Runs it from 10 downwards on a loss and a gradient that tell where they were taken. */
function run(step: number, keep: boolean) {
  const ray: Ray = {
    x: Float64Array.of(10),
    g: Float64Array.of(0),
    start: Float64Array.of(10),
    direction: Float64Array.of(-1),
  };
  const running = searchAlong(ray, scripted(step), keep ? Float64Array.of(0) : undefined);
  let part = running.next();
  while (!part.done) {
    const [at = Number.NaN] = ray.x;
    ray.g[0] = 100 * at;
    part = running.next(1000 * at);
  }
  return { x: ray.x[0], g: ray.g[0], ...part.value };
}

it("ends at its answer with the loss and the gradient found there, whether or not that was the last candidate", () => {
  expect(run(1, true)).toEqual({ x: 9, g: 900, step: 1, loss: 9000, satisfied: true, evaluations: 3 });
  expect(run(3, true)).toEqual({ x: 7, g: 700, step: 3, loss: 7000, satisfied: true, evaluations: 3 });
  expect(run(0, true)).toMatchObject({ x: 10, step: 0, loss: undefined });
});

it("leaves the last candidate's gradient where none is kept", () => {
  expect(run(1, false)).toMatchObject({ x: 9, g: 700, loss: 9000 });
});
