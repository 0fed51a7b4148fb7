import { symmetricEigen } from "../../../reference/eigen.js";

/*
 * x^(−a) on [1/κ, 1] for 0 < a < 1 as Σ weight/(x + shift), from x^(−a) = (sin πa / π) ∫ t^(−a)/(t + x) dt
 * over t > 0 by Gauss–Jacobi quadrature. Jacobi's elliptic functions of the modulus k with k'² = 1/κ put the
 * points t = k'² sc²(u), u = K(k) arccos(y)/π, so that what is left under the weight (1 − y)^(−a) (1 +
 * y)^(a−1) is analytic about −1 ≤ y ≤ 1 as far as can be: the error falls as exp(−2π² m / ln 16κ) with m
 * points. For a = 1/2 that is Zolotarev's best approximation (Hale, Higham, Trefethen 2008, section 4;
 * Akhiezer 1990).
 */

/** 1/(x + shift), times the weight. */
export interface Pole {
  readonly shift: number;
  readonly weight: number;
}

/** Relative error that the poles' sum stays within; what follows is float32. */
export const poleTolerance = 1e-8;

/** How many poles x^(−a) takes on [1/condition, 1]. */
export const poleCount = (condition: number): number =>
  Math.ceil((Math.log(4 / poleTolerance) * Math.log(16 * condition)) / (2 * Math.PI ** 2));

/** The poles of x^(−1/root) on [1/condition, 1], for root > 1. */
export function polesOf(root: number, condition: number): readonly Pole[] {
  const a = 1 / root;
  const complementary = 1 / Math.sqrt(condition);
  const period = completeIntegral(complementary);
  return gaussJacobi(a, poleCount(condition)).map(({ y, share }) => {
    const { tangent, slope } = elliptic((period * Math.acos(y)) / Math.PI, complementary);
    const shift = (complementary * tangent) ** 2;
    const growth = 2 * complementary ** 2 * tangent * slope;
    const weight = share * shift ** -a * growth * (period / Math.PI) * ((1 - y) / (1 + y)) ** (a - 0.5);
    return { shift, weight };
  });
}

/**
 * Points, and shares of the whole weight, of Gauss's quadrature for the weight (1 − y)^(−a) (1 + y)^(a−1),
 * by Golub and Welsch 1969.
 */
function gaussJacobi(a: number, count: number): readonly { readonly y: number; readonly share: number }[] {
  const jacobi = new Float64Array(count * count);
  for (let n = 0; n < count; n++) {
    // As α² = β² + 1 − 2a with α = −a, β = a − 1: the recurrence with α + β = −1.
    jacobi[n * (count + 1)] = n === 0 ? 2 * a - 1 : (1 - 2 * a) / (4 * n * n - 1);
    if (n === 0) continue;
    const beside = Math.sqrt(((n === 1 ? 2 : 1) * (n - a) * (n + a - 1)) / (2 * n - 1) ** 2);
    jacobi[n * count + n - 1] = beside;
    jacobi[(n - 1) * count + n] = beside;
  }
  const { values, rows } = symmetricEigen(jacobi, count);
  return Array.from(values, (y, i) => ({ y, share: (rows[i * count] ?? 0) ** 2 }));
}

/** Descents of the arithmetic-geometric mean of 1 and k': means and half differences. */
function descend(complementary: number): { readonly mean: number; readonly sines: readonly number[] } {
  let [mean, geometric] = [1, complementary];
  const sines: number[] = [];
  for (let gap = 1; gap > Number.EPSILON; ) {
    const next = (mean + geometric) / 2;
    gap = (mean - geometric) / 2 / next;
    geometric = Math.sqrt(mean * geometric);
    mean = next;
    sines.push(gap);
  }
  return { mean, sines };
}

/** K of the complementary modulus k'. */
const completeIntegral = (complementary: number): number => Math.PI / (2 * descend(complementary).mean);

/** sc(u) and its derivative dn(u)/cn²(u), by Landen's transformation (Abramowitz, Stegun, 16.4). */
function elliptic(u: number, complementary: number): { readonly tangent: number; readonly slope: number } {
  const { mean, sines } = descend(complementary);
  let amplitude = 2 ** sines.length * mean * u;
  for (const sine of sines.toReversed()) {
    amplitude = (amplitude + Math.asin(sine * Math.sin(amplitude))) / 2;
  }
  const [sn, cn] = [Math.sin(amplitude), Math.cos(amplitude)];
  const dn = Math.sqrt(cn * cn + (complementary * sn) ** 2);
  return { tangent: sn / cn, slope: dn / (cn * cn) };
}
