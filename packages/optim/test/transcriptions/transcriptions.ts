import { momentTranscriptions } from "./moments.js";
import { wrapperTranscriptions } from "./wrappers.js";

/**
 * Every rule once more, literally and one number at a time, as its originals compute it: an oracle that
 * shares nothing with the rule language. Each function gets the parameter, its gradient, the step from 1, its
 * memory (zeros at first) and the chosen values, and returns the new parameter.
 */
export interface Memory {
  [slot: string]: number;
}
export type Numbers = Readonly<Record<string, number>>;
export type Forms = Readonly<Record<string, string | boolean>>;
export type Transcription = (
  x: number,
  g: number,
  k: number,
  memory: Memory,
  hyper: Numbers,
  options: Forms,
) => number;

/** One step of a whole parameter. */
export type VectorStep = (x: readonly number[], g: readonly number[], k: number) => readonly number[];

const of = (values: Numbers | Memory, name: string): number => values[name] ?? 0;

const adamLike =
  (decay: "none" | "coupled" | "decoupled"): Transcription =>
  (x, gradient, k, s, h, { maximum }) => {
    const g = decay === "coupled" ? gradient + of(h, "weightDecay") * x : gradient;
    // torch: the parameter shrinks first.
    let y = decay === "decoupled" ? x * (1 - of(h, "lr") * of(h, "weightDecay")) : x;
    s.m = of(h, "beta1") * of(s, "m") + (1 - of(h, "beta1")) * g;
    s.v = of(h, "beta2") * of(s, "v") + (1 - of(h, "beta2")) * g * g;
    const correction1 = maximum === "undebiased" ? 1 : 1 - of(h, "beta1") ** k;
    const correction2 = maximum === "undebiased" ? 1 : 1 - of(h, "beta2") ** k;
    let vHat = s.v / correction2;
    if (maximum === "raw" || maximum === "undebiased") {
      if (s.v > of(s, "largest")) s.largest = s.v;
      vHat = of(s, "largest") / correction2;
    } else if (maximum === "debiased") {
      if (vHat > of(s, "largest")) s.largest = vHat;
      vHat = of(s, "largest");
    }
    y -= (of(h, "lr") * s.m) / correction1 / (Math.sqrt(vHat + of(h, "epsRoot")) + of(h, "eps"));
    return y;
  };

const denominator = (v: number, eps: number, placement: string | boolean | undefined): number =>
  placement === "inside" ? (v + eps) ** 0.5 : v ** 0.5 + eps;

export const transcriptions: Readonly<Record<string, Transcription>> = {
  gd: (x, g, _k, _s, h) => x - of(h, "lr") * g,
  sgd: (x, g, _k, _s, h) => x - of(h, "lr") * (g + of(h, "weightDecay") * x),
  momentum: (x, gradient, k, s, h, { firstGradient }) => {
    const g = gradient + of(h, "weightDecay") * x;
    s.buf =
      k === 1 && firstGradient === "whole" ? g : of(h, "beta") * of(s, "buf") + (1 - of(h, "dampening")) * g;
    return x - of(h, "lr") * s.buf;
  },
  nesterov: (x, gradient, _k, s, h) => {
    const g = gradient + of(h, "weightDecay") * x;
    s.buf = of(h, "beta") * of(s, "buf") + g;
    return x - of(h, "lr") * g - of(h, "lr") * of(h, "beta") * s.buf;
  },
  adagrad: (x, gradient, k, s, h, { epsPlacement }) => {
    const g = gradient + of(h, "weightDecay") * x;
    s.sum = (k === 1 ? of(h, "initialAccumulator") : of(s, "sum")) + g * g;
    const rate = of(h, "lr") / (1 + (k - 1) * of(h, "lrDecay"));
    return x - (rate * g) / denominator(s.sum, of(h, "eps"), epsPlacement);
  },
  rmsprop: (x, gradient, _k, s, h, { epsPlacement, centered, buffer }) => {
    const g = gradient + of(h, "weightDecay") * x;
    s.v = of(h, "gamma") * of(s, "v") + (1 - of(h, "gamma")) * g * g;
    s.mean = of(h, "gamma") * of(s, "mean") + (1 - of(h, "gamma")) * g;
    const spread = centered === true ? Math.max(0, s.v - s.mean * s.mean) : s.v;
    const direction = g / denominator(spread, of(h, "eps"), epsPlacement);
    if (buffer === "none") return x - of(h, "lr") * direction;
    s.buf = of(h, "momentum") * of(s, "buf") + (buffer === "steps" ? of(h, "lr") : 1) * direction;
    return x - (buffer === "steps" ? s.buf : of(h, "lr") * s.buf);
  },
  adadelta: (x, gradient, _k, s, h) => {
    const g = gradient + of(h, "weightDecay") * x;
    s.v = of(h, "gamma") * of(s, "v") + (1 - of(h, "gamma")) * g * g;
    const step = (Math.sqrt(of(s, "d") + of(h, "eps")) / Math.sqrt(s.v + of(h, "eps"))) * g;
    s.d = of(h, "rho") * of(s, "d") + (1 - of(h, "rho")) * step * step;
    return x - of(h, "lr") * step;
  },
  adam: adamLike("none"),
  amsgrad: adamLike("none"),
  adamw: adamLike("decoupled"),
  "adam-l2": adamLike("coupled"),
  ...momentTranscriptions,
  ...wrapperTranscriptions(adamLike("decoupled")),
};
