import { at } from "../vector.js";
import { filled, type LandscapeFamily } from "./landscape.js";

/**
 * f(x) = Σᵢ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: a narrow bent valley whose floor hardly falls. In four to seven
 * dimensions it has a second, local minimum near (−1, 1, …, 1). Start, plot and learning rate are those of
 * the lecture's race.
 */
export const rosenbrock: LandscapeFamily = {
  name: "rosenbrock",
  dimensions: { default: 2, smallest: 2, largest: 1_000_000 },
  of: (dimension) => ({
    name: "rosenbrock",
    title: "Rosenbrock's valley",
    formula: String.raw`\sum_{i=1}^{n-1} 100\,(x_{i+1}-x_i^2)^2+(1-x_i)^2`,
    source: "Rosenbrock 1960, An automatic method for finding the greatest or least value of a function",
    dimension,
    start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? -2 : 2)),
    minimisers: [filled(dimension, 1)],
    minimum: 0,
    bounds: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? [-2, 2] : [-1, 3])),
    threshold: 1e-2,
    race: { learningRate: 0.003, steps: 2000, hyper: {} },
    value(x) {
      let sum = 0;
      // Each coordinate is read once: pictures of slices take hundreds of millions of reads.
      let here = at(x, 0);
      for (let i = 1; i < dimension; i++) {
        const next = at(x, i);
        sum += 100 * (next - here ** 2) ** 2 + (1 - here) ** 2;
        here = next;
      }
      return sum;
    },
    gradient(x, out) {
      for (let i = 0; i < dimension; i++) {
        let slope = 0;
        if (i > 0) slope += 200 * (at(x, i) - at(x, i - 1) ** 2);
        if (i + 1 < dimension) {
          slope += -400 * at(x, i) * (at(x, i + 1) - at(x, i) ** 2) - 2 * (1 - at(x, i));
        }
        out[i] = slope;
      }
    },
  }),
};
