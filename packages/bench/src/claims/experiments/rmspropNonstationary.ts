import { type RandomStream, randomStream } from "@steepest/random";
import { mean } from "../../statistics/descriptive.js";
import { defineClaim } from "../claim.js";
import { ratioOf, seriesOf } from "../findings.js";
import { halfDecades } from "../problems/grid.js";
import { tune } from "../tuning.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

/** What changes from period to period beside the place of the minimum. */
type Scenario = "jumps" | "scales";

interface Parameters {
  readonly dimension: number;
  /** Steps between two changes. */
  readonly period: number;
  readonly periods: number;
  readonly noise: number;
  /** The features' scale in every other period, where scales change. */
  readonly smallScale: number;
  /** The method that is said to keep up. */
  readonly adaptive: string;
}

const seedsOfTuning = [1001, 1002];

const normals = (dimension: number, stream: RandomStream): Float64Array =>
  Float64Array.from({ length: dimension }, stream.normal);

/**
 * |x − x*|²/d after every step on a stream of samples b = aᵀx* + noise, a standard normal times the scale of the period, x* drawn
 * anew in every period. The method sees the gradient of one sample a step.
 */
function track(spec: string, scenario: Scenario, seed: number, parameters: Parameters): readonly number[] {
  const { dimension, period, periods, noise, smallScale } = parameters;
  const stream = randomStream(seed, "samples", scenario);
  const { x, gradient, step } = vectorOptimizer(spec, dimension, { backend: "wasm" });
  const errors: number[] = [];
  for (let p = 0; p < periods; p++) {
    const minimum = normals(dimension, stream);
    const scale = scenario === "scales" && p % 2 === 1 ? smallScale : 1;
    for (let k = 0; k < period; k++) {
      let [residual, square] = [scale * noise * stream.normal(), 0];
      const features = normals(dimension, stream);
      for (let j = 0; j < dimension; j++)
        residual += scale * (features[j] ?? 0) * ((x[j] ?? Number.NaN) - (minimum[j] ?? 0));
      for (let j = 0; j < dimension; j++) gradient[j] = scale * (features[j] ?? 0) * residual;
      step();
      for (let j = 0; j < dimension; j++) square += ((x[j] ?? Number.NaN) - (minimum[j] ?? 0)) ** 2;
      errors.push(square / dimension);
    }
  }
  return errors;
}

const scenarios: readonly Scenario[] = ["jumps", "scales"];

/** Where what is minimised changes, RMSProp keeps up and AdaGrad falls behind. */
export const rmspropNonstationary = defineClaim({
  name: "rmsprop-nonstationary",
  title: "RMSProp on problems that change",
  claim:
    "Since it forgets old gradients, RMSProp suits problems that change with time, where AdaGrad, which remembers all of them, falls behind.",
  setting: ({ dimension, period, periods, noise, smallScale }: Parameters) =>
    `A stream of samples of a linear model in ${dimension} dimensions with noise of ${noise}, one a step; the true weights are drawn anew every ${period} steps, ${periods} times. Once with features of one scale, once with features multiplied by ${smallScale} in every other period. Each method with the learning rate, of two to a decade, that is best on two other streams. Decided by |x − x*|², the mean of all steps.`,
  seeds: 40,
  parameters: { dimension: 10, period: 300, periods: 10, noise: 0.5, smallScale: 0.1, adaptive: "rmsprop" },
  holdsWhen: {
    jumps: {
      quantity: "weights that jump: mean squared error of AdaGrad over that of RMSProp",
      holds: { above: 1.1 },
      scale: "log",
    },
    scales: {
      quantity:
        "weights that jump and scales that change: mean squared error of AdaGrad over that of RMSProp",
      holds: { above: 1.1 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { adaptive, period, periods } = parameters;
    const methods = ["adagrad", adaptive, "sgd"];
    const rates = halfDecades(1e-3, 10);
    const runs = methods.length * scenarios.length;
    /** [scenario][method] */
    const tuned: string[][] = scenarios.map(() => []);
    const errors: (readonly number[])[][][] = scenarios.map(() => methods.map(() => []));
    let done = 0;
    for (const [s, scenario] of scenarios.entries()) {
      for (const [m, method] of methods.entries()) {
        const candidate = await tune(
          rates.map((rate) => `${method}:lr=${rate}`),
          async (spec, index) => {
            await progress((done + (0.7 * index) / rates.length) / runs);
            return seedsOfTuning.map((seed) => mean(track(spec, scenario, seed, parameters)));
          },
        );
        tuned[s]?.push(candidate);
        for (const seed of seeds) {
          await progress((done + 0.7) / runs);
          errors[s]?.[m]?.push(track(candidate, scenario, seed, parameters));
        }
        done++;
      }
    }
    const meanErrors = (s: number, m: number): readonly number[] => (errors[s]?.[m] ?? []).map(mean);
    const quotient = (s: number, above: number, below: number): readonly number[] =>
      meanErrors(s, above).map((error, i) => error / (meanErrors(s, below)[i] ?? Number.NaN));
    const ofPeriod = (curve: readonly number[], p: number): number =>
      mean(curve.slice(p * period, (p + 1) * period));
    const slowing = (m: number): readonly number[] =>
      (errors[0]?.[m] ?? []).map((curve) => ofPeriod(curve, periods - 1) / ofPeriod(curve, 1));
    const steps = Array.from({ length: period * periods }, (_, k) => k + 1);
    const titles = ["Weights that jump", "Weights that jump, scales that change"];
    return {
      effects: { jumps: quotient(0, 0, 1), scales: quotient(1, 0, 1) },
      figures: [
        ratioOf("AdaGrad, weights that jump: error of the last period over the second", slowing(0)),
        ratioOf("RMSProp, weights that jump: error of the last period over the second", slowing(1)),
        ratioOf("for comparison: error of tuned SGD over RMSProp's, weights that jump", quotient(0, 2, 1)),
        ratioOf("for comparison: error of tuned SGD over RMSProp's, scales that change", quotient(1, 2, 1)),
      ],
      tables: [
        {
          title: "Learning rates that were best on other streams",
          columns: ["stream", ...methods],
          rows: titles.map((title, s) => [
            title,
            ...(tuned[s] ?? []).map((spec) => Number(spec.replace(/.*lr=/, ""))),
          ]),
        },
      ],
      charts: titles.map((title, s) => ({
        title,
        x: { label: "steps" },
        y: { label: "|x − x*|²/d", log: true },
        series: methods.map((method, m) => {
          const { band: _band, ...line } = seriesOf(method, steps, errors[s]?.[m] ?? []);
          return line;
        }),
      })),
    };
  },
});
