import { at } from "../vector.js";
import { cube, filled, type LandscapeFamily } from "./landscape.js";

/** The least root of f' = 2x³ − 16x + 5/2 in one dimension, by Newton's method in double precision. */
const MINIMISER = -2.903534027771177;
const MINIMUM = -39.16616570377142;

/** f(x) = ½ Σᵢ xᵢ⁴ − 16 xᵢ² + 5 xᵢ: two minima a coordinate, of which the negative one is the lower. */
export const styblinskiTang: LandscapeFamily = {
  name: "styblinski-tang",
  dimensions: { default: 2, smallest: 1, largest: 1_000_000 },
  of: (dimension) => ({
    name: "styblinski-tang",
    title: "Styblinski and Tang's wells",
    formula: String.raw`\tfrac12\sum_{i=1}^{n} x_i^4-16x_i^2+5x_i`,
    source: "Styblinski and Tang 1990, Experiments in nonconvex optimization",
    dimension,
    start: filled(dimension, 0),
    minimisers: [filled(dimension, MINIMISER)],
    minimum: MINIMUM * dimension,
    bounds: cube(dimension, -5, 5),
    threshold: 1e-2,
    race: { learningRate: 0.01, steps: 2000, hyper: {} },
    value(x) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += at(x, i) ** 4 - 16 * at(x, i) ** 2 + 5 * at(x, i);
      return sum / 2;
    },
    gradient(x, out) {
      for (let i = 0; i < dimension; i++) out[i] = 2 * at(x, i) ** 3 - 16 * at(x, i) + 2.5;
    },
  }),
};
