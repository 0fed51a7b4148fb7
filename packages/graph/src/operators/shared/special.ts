/**
 * The error function erf(x) = 2/√π ∫₀ˣ exp(−t²) dt to full double precision, by the series
 * 2/√π exp(−x²) Σₙ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz & Stegun 7.1.6), whose terms do not cancel.
 */
export function errorFunction(x: number): number {
  // 1 − erf(6) is 2e-17, less than half a unit in the last place of 1.
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 / (1 + exp(−x)), without overflow. */
export function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
