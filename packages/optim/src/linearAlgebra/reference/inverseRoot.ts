import type { Values } from "../../backends/backend.js";
import type { FullInverseRootSettings } from "../checks.js";
import type { InverseRootReport } from "../linearAlgebra.js";
import { symmetricEigen } from "./eigen.js";
import { frobeniusNorm, largest, multiply, scaledIdentity } from "./multiply.js";

/** A root and how it came out. */
export interface InverseRoot {
  readonly result: Float64Array;
  readonly report: InverseRootReport;
}

/** (matrix + damping · I)^(−1/root) of a [n, n] matrix. */
export function inverseRoot(
  matrix: Values,
  n: number,
  root: number,
  settings: FullInverseRootSettings,
): InverseRoot {
  if (settings.method === "eigen") {
    const result = inverseRootByEigen(matrix, n, root, settings);
    return { result, report: { method: "eigen", iterations: 0, error: 0 } };
  }
  const newton = inverseRootByCoupledNewton(matrix, n, root, settings);
  if (newton.report.error <= settings.fallbackAbove) return newton;
  const result = inverseRootByEigen(matrix, n, root, settings);
  return { result, report: { ...newton.report, method: "eigen" } };
}

/** λ_max below this is taken for this in relative damping (as Anil et al.'s published Shampoo does). */
const leastScale = 1e-6;

/** ε, or ε · max(λ_max, 1e-6). */
export const dampingOf = (
  { damping, epsilon }: FullInverseRootSettings,
  largestEigenvalue: () => number,
): number => (damping === "absolute" ? epsilon : epsilon * Math.max(largestEigenvalue(), leastScale));

/**
 * By A = VᵀΛV. Where nothing is damped (ε = 0), eigenvalues that are zero to rounding have no root: their
 * part of the result is zero, as in a pseudo-inverse.
 */
export function inverseRootByEigen(
  matrix: Values,
  n: number,
  root: number,
  settings: FullInverseRootSettings,
): Float64Array {
  const { values, rows } = symmetricEigen(matrix, n);
  const powers = eigenvaluePowers(values, root, settings);
  const scaled = rows.slice();
  for (let i = 0; i < n; i++) {
    for (let j = i * n; j < i * n + n; j++) scaled[j] = (scaled[j] ?? 0) * (powers[i] ?? 0);
  }
  const result = new Float64Array(n * n);
  multiply({ m: n, k: n, n }, rows, scaled, result, { transposeA: true });
  return symmetrised(result, n);
}

/**
 * What eigenvalues of an [n, n] matrix are known to: n·u·λ_max, with u its numbers' unit roundoff. Smaller
 * ones are the noise that rounding the matrix left.
 */
export const noiseOf = (
  n: number,
  largestEigenvalue: number,
  { roundoff }: FullInverseRootSettings,
): number => n * roundoff * Math.max(0, largestEigenvalue);

/**
 * What is added to all eigenvalues: the damping and, where the least eigenvalue would be below the damping or
 * noise even then, what brings it up to that. The root of noise would be a large number that says nothing.
 */
export const shiftOf = (damping: number, lowest: number, noise: number): number =>
  damping + Math.max(0, Math.max(damping, noise) - (lowest + damping));

/** λ^(−1/root) of eigenvalues, damped. */
export function eigenvaluePowers(
  values: Float64Array,
  root: number,
  settings: FullInverseRootSettings,
): Float64Array {
  const last = values.reduce((a, b) => Math.max(a, b), values[0] ?? 0);
  const lowest = values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
  const noise = noiseOf(values.length, last, settings);
  const isDamped = settings.epsilon > 0;
  const shift = shiftOf(
    dampingOf(settings, () => last),
    lowest,
    isDamped ? noise : 0,
  );
  const none = isDamped ? 0 : noise;
  return values.map((value) => {
    const damped = value + shift;
    return damped <= none ? 0 : damped ** (-1 / root);
  });
}

/** An iteration whose error grows by more than this diverges from rounding: the iterate before stands. */
const allowedGrowth = 1.2;

/** Below this error convergence is quadratic: an iteration that does not halve it has met rounding. */
const quadratic = 1e-2;

/**
 * Whether the error of a coupled Newton iteration says to go on, to end with the new iterate, or with the one
 * before.
 */
export function judgeIteration(
  error: number,
  previous: number,
  tolerance: number,
): "continue" | "accept" | "reject" {
  if (!(error <= previous * allowedGrowth)) return "reject";
  if (error <= tolerance || (previous < quadratic && error > 0.5 * previous)) {
    return error <= previous ? "accept" : "reject";
  }
  return "continue";
}

function inverseRootByCoupledNewton(
  matrix: Values,
  n: number,
  root: number,
  settings: FullInverseRootSettings,
): InverseRoot {
  const damping = dampingOf(settings, () => largestEigenvalue(matrix, n));
  const damped = Float64Array.from(matrix);
  for (let i = 0; i < n; i++) damped[i * n + i] = (damped[i * n + i] ?? 0) + damping;
  const norm = frobeniusNorm(damped);
  if (!(norm > 0 && norm < Infinity)) {
    const result = new Float64Array(n * n).fill(norm === 0 ? 0 : Number.NaN);
    return { result, report: { method: "coupledNewton", iterations: 0, error: norm === 0 ? 1 : Number.NaN } };
  }
  // z itself may overflow; M₀ = zA and X₀ = z^(1/p) I do not.
  let m = damped.map((value) => ((root + 1) / 2) * (value / norm));
  let x = scaledIdentity(n, ((root + 1) / 2) ** (1 / root) * norm ** (-1 / root));
  const size = { m: n, k: n, n };
  let error = distanceToIdentity(m, n);
  let iterations = 0;
  while (error > settings.tolerance && iterations < settings.iterations) {
    const t = m.map((value) => -value / root);
    for (let i = 0; i < n; i++) t[i * n + i] = (t[i * n + i] ?? 0) + (root + 1) / root;
    const nextX = new Float64Array(n * n);
    const nextM = new Float64Array(n * n);
    multiply(size, x, t, nextX);
    multiply(size, integerPower(t, n, root), m, nextM);
    iterations++;
    const nextError = distanceToIdentity(nextM, n);
    const judgement = judgeIteration(nextError, error, settings.tolerance);
    if (judgement === "reject") break;
    m = nextM;
    x = nextX;
    error = nextError;
    if (judgement === "accept") break;
  }
  const result = symmetrised(x, n);
  if (error <= settings.fallbackAbove && settings.fallbackAbove < Infinity) {
    // M stays near A Xᵖ only as long as rounding lets it: the root itself is measured.
    const product = new Float64Array(n * n);
    multiply(size, damped, integerPower(result, n, root), product);
    const measured = distanceToIdentity(product, n);
    if (!(measured <= error)) error = measured;
  }
  return { result, report: { method: "coupledNewton", iterations, error } };
}

/** max|M − I|. */
function distanceToIdentity(m: Float64Array, n: number): number {
  let result = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const distance = Math.abs((m[i * n + j] ?? 0) - (i === j ? 1 : 0));
      if (!(distance <= result)) result = distance;
    }
  }
  return result;
}

/** matrix^power by squaring. */
function integerPower(matrix: Float64Array, n: number, power: number): Float64Array {
  const size = { m: n, k: n, n };
  if (power === 1) return matrix;
  const half = integerPower(matrix, n, Math.floor(power / 2));
  const square = new Float64Array(n * n);
  multiply(size, half, half, square);
  if (power % 2 === 0) return square;
  const result = new Float64Array(n * n);
  multiply(size, square, matrix, result);
  return result;
}

/** Relative change of the estimate at which the power iteration ends. */
export const settled = 1e-14;

export const maximumPowerSteps = 1000;

/** Entry i of the power iteration's start: any serves that no eigenvector is likely to be orthogonal to. */
export const powerStart = (i: number): number => 1 + 0.5 * Math.sin(i + 1);

/** λ_max of a positive semi-definite matrix, by the power iteration with Rayleigh quotients. */
export function largestEigenvalue(matrix: Values, n: number): number {
  const scale = largest(matrix);
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let vector = Float64Array.from({ length: n }, (_, i) => powerStart(i));
  let estimate = 0;
  for (let step = 0; step < maximumPowerSteps; step++) {
    const length = frobeniusNorm(vector);
    if (length === 0) return 0;
    vector = vector.map((value) => value / length);
    const image = new Float64Array(n);
    multiply({ m: n, k: n, n: 1 }, matrix, vector, image, { alpha: 1 / scale });
    let next = 0;
    for (let i = 0; i < n; i++) next += (vector[i] ?? 0) * (image[i] ?? 0);
    if (Math.abs(next - estimate) <= settled * Math.abs(next)) return next * scale;
    estimate = next;
    vector = image;
  }
  return estimate * scale;
}

/** (X + Xᵀ)/2 in place: products of commuting matrices are symmetric but for rounding. */
function symmetrised(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * ((matrix[i * n + j] ?? 0) + (matrix[j * n + i] ?? 0));
      matrix[i * n + j] = mean;
      matrix[j * n + i] = mean;
    }
  }
  return matrix;
}
