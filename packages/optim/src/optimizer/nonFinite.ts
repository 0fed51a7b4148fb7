import type { Values } from "../backends/backend.js";
import { SteepestError } from "../errors.js";
import type { ParameterSpec } from "../parameter.js";
import { accumulator } from "./passes/gradient.js";

/** The index of an element by axis, "[3, 17]"; "" for a scalar. */
function position(flat: number, shape: readonly number[]): string {
  if (shape.length === 0) return "";
  const indices: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${indices.join(", ")}]`;
}

/** @throws SteepestError `non-finite` where the loss is not finite; `place` says where that was */
export function checkLoss(loss: number, place: string): void {
  if (Number.isFinite(loss)) return;
  throw new SteepestError(
    "non-finite",
    `the loss is ${loss} ${place}`,
    "The parameters were left where they are finite. Begin elsewhere, or take smaller steps",
  );
}

/**
 * The error for the first gradient element that is NaN or infinite, alone or summed with those accumulated
 * before; undefined where every element is finite (in float64 the squares of finite elements may overflow).
 */
export function nonFiniteError(
  parameters: readonly ParameterSpec[],
  views: ReadonlyMap<string, ReadonlyMap<string, Values>>,
  accumulates: boolean,
  step: number,
  fix = 'Nothing was changed. Lower the step size, clip the gradient, or pass nonFinite: "skip" to leave such steps out',
): SteepestError | undefined {
  for (const { name, shape } of parameters) {
    const gradient = views.get("g")?.get(name) ?? new Float32Array();
    const sums = accumulates ? views.get(accumulator)?.get(name) : undefined;
    const bad = gradient.findIndex((value, index) => !Number.isFinite(value + (sums?.[index] ?? 0)));
    if (bad < 0) continue;
    return new SteepestError(
      "non-finite",
      `the gradient of ${name}${position(bad, shape)} is ${gradient[bad]} at step ${step}`,
      fix,
    );
  }
  return undefined;
}
