import type { Values } from "../backends/backend.js";
import { SteepestError } from "../errors.js";
import type { ParameterSpec } from "../parameter.js";
import type { ClipSpec } from "./config.js";
import { accumulator } from "./passes/gradient.js";

type Views = ReadonlyMap<string, ReadonlyMap<string, Values>>;

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
  views: Views,
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

/** Sums of squares up to this stay finite in the rounding of whatever is made of them. */
export const largestSquares = { float32: 2 ** 127, float64: Number.MAX_VALUE / 2 } as const;

/**
 * The error for the first of these parameters whose squared gradients, clipped, sum to more than its numbers
 * hold. Where gradients are averaged, each is held to that, and so is their mean.
 */
export function overflowError(
  rule: string,
  squared: readonly ParameterSpec[],
  views: Views,
  { factor, value: limit = Number.POSITIVE_INFINITY }: Pick<ClipSpec, "value"> & { readonly factor: number },
  precision: "float32" | "float64",
  step: number,
): SteepestError | undefined {
  for (const { name } of squared) {
    const gradient = views.get("g")?.get(name) ?? new Float32Array();
    let squares = 0;
    for (const value of gradient) squares += Math.min(Math.abs(value * factor), limit) ** 2;
    if (squares <= largestSquares[precision]) continue;
    return new SteepestError(
      "non-finite",
      `the squared gradients of ${name} sum to ${squares.toPrecision(3)} at step ${step}: ${rule} needs that sum, and it is too large for ${precision}`,
      'Nothing was changed. Clip the gradient, scale the loss down, or pass nonFinite: "skip" to leave such steps out',
    );
  }
  return undefined;
}
