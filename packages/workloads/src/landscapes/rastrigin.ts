import { at } from "../vector.js";
import { cube, filled, type LandscapeFamily } from "./landscape.js";

/** f(x) = 10 n + Σᵢ xᵢ² − 10 cos 2πxᵢ: a bowl with a local minimum near each point of whole coordinates. */
export const rastrigin: LandscapeFamily = {
  name: "rastrigin",
  dimensions: { default: 2, smallest: 1, largest: 1_000_000 },
  of: (dimension) => ({
    name: "rastrigin",
    title: "Rastrigin's egg box",
    formula: String.raw`10n+\sum_{i=1}^{n} x_i^2-10\cos 2\pi x_i`,
    source:
      "Rastrigin 1974, Systems of extremal control; Mühlenbein, Schomisch and Born 1991 for n dimensions",
    dimension,
    start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? -2 : 3.5)),
    minimisers: [filled(dimension, 0)],
    minimum: 0,
    bounds: cube(dimension, -4.5, 4.5),
    threshold: 1e-2,
    race: { learningRate: 0.01, steps: 2000, hyper: {} },
    value(x) {
      let sum = 10 * dimension;
      for (let i = 0; i < dimension; i++) sum += at(x, i) ** 2 - 10 * Math.cos(2 * Math.PI * at(x, i));
      return sum;
    },
    gradient(x, out) {
      for (let i = 0; i < dimension; i++) {
        out[i] = 2 * at(x, i) + 20 * Math.PI * Math.sin(2 * Math.PI * at(x, i));
      }
    },
  }),
};
