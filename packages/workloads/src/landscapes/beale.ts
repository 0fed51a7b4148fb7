import { at } from "../vector.js";
import type { Landscape } from "./landscape.js";

const targets = [1.5, 2.25, 2.625] as const;

/** f(x, y) = Σₖ (cₖ − x + x yᵏ)² with c = (1.5, 2.25, 2.625): flat far out, steep at the corners. */
export const beale: Landscape = {
  name: "beale",
  title: "Beale's plateau",
  formula: "(1.5-x+xy)^2+(2.25-x+xy^2)^2+(2.625-x+xy^3)^2",
  source:
    "Beale 1958, On an iterative method for finding a local minimum; start of Moré, Garbow and Hillstrom 1981",
  dimension: 2,
  start: [1, 1],
  minimisers: [[3, 0.5]],
  minimum: 0,
  bounds: [
    [-4.5, 4.5],
    [-4.5, 4.5],
  ],
  threshold: 1e-2,
  race: { learningRate: 0.01, steps: 2000, hyper: {} },
  value(x) {
    let sum = 0;
    for (const [k, target] of targets.entries()) {
      sum += (target - at(x, 0) + at(x, 0) * at(x, 1) ** (k + 1)) ** 2;
    }
    return sum;
  },
  gradient(x, out) {
    let slopeX = 0;
    let slopeY = 0;
    for (const [k, target] of targets.entries()) {
      const power = at(x, 1) ** (k + 1);
      const residual = target - at(x, 0) + at(x, 0) * power;
      slopeX += 2 * residual * (power - 1);
      slopeY += 2 * residual * at(x, 0) * (k + 1) * at(x, 1) ** k;
    }
    out[0] = slopeX;
    out[1] = slopeY;
  },
};
