import { randomStream } from "@steepest/random";
import { at } from "../vector.js";
import type { Landscape } from "./landscape.js";

interface Draws {
  /** The slope C of the rare function; the other has slope −1. */
  readonly rareSlope: number;
  /** The share of steps that draw the rare one. */
  readonly rareShare: number;
  isRare(step: number): boolean;
}

/**
 * On [−1, 1], each step draws f(x) = Cx or, more often, f(x) = −x. Their mean rises, so the minimum is at −1.
 * But Adam divides each gradient by a root mean square that the rare large one dominates at its own step and
 * that is forgotten (β₂ = 1/(1 + C²)) when the small ones come: it moves by about one learning rate either
 * way and follows the majority to +1. AMSGrad keeps the largest second moment, so it weighs the gradients by
 * their size and goes to −1. With Adam's usual β₂ = 0.999 this problem is harmless; Reddi, Kale and Kumar
 * show that every fixed β₂ has a C that is not (their theorems 1 to 3).
 */
function twoSlopes(
  description: Pick<Landscape, "name" | "title" | "formula" | "source" | "race">,
  { rareSlope, rareShare, isRare }: Draws,
): Landscape {
  const meanSlope = rareSlope * rareShare - (1 - rareShare);
  return {
    ...description,
    dimension: 1,
    start: [0],
    minimisers: [[-1]],
    minimum: -meanSlope,
    bounds: [[-1, 1]],
    threshold: 0.1,
    value: (x) => meanSlope * at(x, 0),
    gradient(_, out, step) {
      if (step === undefined) out[0] = meanSlope;
      else out[0] = isRare(step) ? rareSlope : -1;
    },
    project(x) {
      x[0] = Math.min(1, Math.max(-1, at(x, 0)));
    },
  };
}

const because = "of Reddi's proof: β₂ = 1/(1 + C²)";
const source = "Reddi, Kale and Kumar 2018, On the convergence of Adam and beyond";

/**
 * Online form: 4x at steps 1, 4, 7, …, else −x. From 0 in 2000 steps, with β₁ = 0 and β₂ = 1/17, Adam ends
 * above 0.9 and AMSGrad below −0.9 for every learning rate from 0.003 to 0.3.
 */
export const reddi: Landscape = twoSlopes(
  {
    name: "reddi",
    title: "Reddi's problem, where Adam does not converge",
    formula: String.raw`f_k(x)=4x \text{ if } k \bmod 3=1,\ \text{else } -x,\quad x\in[-1,1]`,
    source: `${source}, theorem 1`,
    race: { learningRate: 0.01, steps: 2000, hyper: { beta1: 0, beta2: 1 / 17 }, because },
  },
  { rareSlope: 4, rareShare: 1 / 3, isRare: (step) => step % 3 === 1 },
);

/**
 * Stochastic form: 5x with probability 1/4, else −x; the draw is a function of the step alone, so all
 * optimizers meet the same. From 0 in 4000 steps, with β₁ = 0 and β₂ = 1/26, Adam ends above 0.9 and AMSGrad
 * below −0.9 for every learning rate from 0.003 to 0.03.
 */
export const reddiStochastic: Landscape = twoSlopes(
  {
    name: "reddi-stochastic",
    title: "Reddi's problem with random draws",
    formula: String.raw`f_k(x)=5x \text{ with probability } \tfrac14,\ \text{else } -x,\quad x\in[-1,1]`,
    source: `${source}, theorem 3`,
    race: { learningRate: 0.01, steps: 4000, hyper: { beta1: 0, beta2: 1 / 26 }, because },
  },
  {
    rareSlope: 5,
    rareShare: 1 / 4,
    isRare: (step) => randomStream(0, "reddi-stochastic", step).uniform() < 1 / 4,
  },
);
