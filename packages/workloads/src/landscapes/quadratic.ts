import { at } from "../vector.js";
import { cube, filled, type LandscapeFamily } from "./landscape.js";

const SMALLEST = 0.1;
const LARGEST = 100;

/**
 * f(x) = ½ xᵀ H Λ H x with eigenvalues spaced geometrically from 0.1 to 100 (condition number 1000). The
 * reflection H = I − 2uuᵀ, u ∝ (1, 2, …, n), turns the axes: a method that scales each coordinate by itself
 * gets no advantage from them.
 */
export const quadratic: LandscapeFamily = {
  name: "quadratic",
  dimensions: { default: 2, smallest: 2, largest: 1_000_000 },
  of(dimension) {
    const eigenvalue = (i: number) => SMALLEST * (LARGEST / SMALLEST) ** (i / (dimension - 1));
    // |(1, 2, …, n)|² = n (n + 1) (2n + 1) / 6
    const length = Math.sqrt((dimension * (dimension + 1) * (2 * dimension + 1)) / 6);
    const normal = (i: number) => (i + 1) / length;
    /** Twice the projection of a vector on u. */
    const along = (entry: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += entry(i) * normal(i);
      return 2 * sum;
    };
    return {
      name: "quadratic",
      title: "Ill-conditioned quadratic",
      formula: String.raw`\tfrac12 x^\top H\Lambda Hx,\quad \kappa=1000`,
      source: "Nocedal and Wright 2006, Numerical Optimization, section 3.3",
      dimension,
      start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? -2 : 1)),
      minimisers: [filled(dimension, 0)],
      minimum: 0,
      bounds: cube(dimension, -2.5, 2.5),
      threshold: 1e-2,
      race: { learningRate: 0.003, steps: 2000, hyper: {} },
      value(x) {
        const shift = along((i) => at(x, i));
        let sum = 0;
        for (let i = 0; i < dimension; i++) sum += eigenvalue(i) * (at(x, i) - shift * normal(i)) ** 2;
        return sum / 2;
      },
      gradient(x, out) {
        const shift = along((i) => at(x, i));
        for (let i = 0; i < dimension; i++) out[i] = eigenvalue(i) * (at(x, i) - shift * normal(i));
        const back = along((i) => at(out, i));
        for (let i = 0; i < dimension; i++) out[i] = at(out, i) - back * normal(i);
      },
    };
  },
};
