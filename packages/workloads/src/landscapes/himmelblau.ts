import { at } from "../vector.js";
import type { Landscape } from "./landscape.js";

/** f(x, y) = (x² + y − 11)² + (x + y² − 7)²: four equal minima, the roots of both brackets. */
export const himmelblau: Landscape = {
  name: "himmelblau",
  title: "Himmelblau's four valleys",
  formula: "(x^2+y-11)^2+(x+y^2-7)^2",
  source: "Himmelblau 1972, Applied Nonlinear Programming",
  dimension: 2,
  start: [0, 0],
  // The irrational three by Newton's method in double precision.
  minimisers: [
    [3, 2],
    [-2.805118086952745, 3.131312518250573],
    [-3.779310253377747, -3.2831859912861696],
    [3.5844283403304917, -1.8481265269644034],
  ],
  minimum: 0,
  bounds: [
    [-5, 5],
    [-5, 5],
  ],
  threshold: 1e-2,
  race: { learningRate: 0.01, steps: 2000, hyper: {} },
  value(x) {
    return (at(x, 0) ** 2 + at(x, 1) - 11) ** 2 + (at(x, 0) + at(x, 1) ** 2 - 7) ** 2;
  },
  gradient(x, out) {
    const first = at(x, 0) ** 2 + at(x, 1) - 11;
    const second = at(x, 0) + at(x, 1) ** 2 - 7;
    out[0] = 4 * at(x, 0) * first + 2 * second;
    out[1] = 2 * first + 4 * at(x, 1) * second;
  },
};
