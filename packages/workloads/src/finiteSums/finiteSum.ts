import type { MutableVector, Vector } from "../vector.js";

/** f(x) = (1/n) Σᵢ fᵢ(x): what stochastic methods minimise by the gradients of single samples. */
export interface FiniteSum {
  readonly name: string;
  /** n, the number of samples. */
  readonly count: number;
  readonly dimension: number;
  /** The largest Lipschitz constant of a sample's gradient: a step of 1 over it is safe for every sample. */
  readonly smoothness: number;
  value(x: Vector): number;
  /** Writes ∇f(x) into `out`, of length `dimension`. */
  gradient(x: Vector, out: MutableVector): void;
  /** Writes ∇fᵢ(x) into `out`, of length `dimension`. */
  sampleGradient(i: number, x: Vector, out: MutableVector): void;
}
