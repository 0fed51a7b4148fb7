import { createOptimizer, type Optimizer, parseOptimizerSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { mean } from "../../statistics/descriptive.js";
import { type ClaimContext, defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";

interface Parameters {
  readonly optimizer: string;
  readonly coordinates: number;
  readonly steps: number;
  /** Mean and standard deviation of every coordinate's gradients. */
  readonly mean: number;
  readonly deviation: number;
}

/** For each step, the mean over coordinates of a moment over its expectation: 1 where it is unbiased. */
interface MomentCurves {
  readonly first: number[];
  readonly second: number[];
  /** The same of the averages before any correction. */
  readonly rawFirst: number[];
  readonly rawSecond: number[];
}

/**
 * The corrected moments as the rule itself uses them, read from its steps α m̂/(√v̂ + ε): with ε = α far
 * above √v̂ a step is m̂; with β₁ = 0 and ε = 0 it is g/√v̂.
 */
async function measure(context: ClaimContext, parameters: Parameters, seed: number): Promise<MomentCurves> {
  const { optimizer: text, coordinates, steps, deviation } = parameters;
  const spec = parseOptimizerSpec(text);
  const build = (hyper: Readonly<Record<string, number>>) =>
    createOptimizer(
      { ...spec, hyper: { ...spec.hyper, ...hyper } },
      [{ name: "x", shape: [coordinates], role: "other" }],
      { backend: "float64" },
    );
  const forFirst = build({ eps: 1e9, lr: 1e9 });
  const forSecond = build({ beta1: 0, eps: 0, lr: 1 });
  const stream = randomStream(seed, "adam-bias");
  const gradient = new Float64Array(coordinates);
  const expectations = { first: parameters.mean, second: parameters.mean ** 2 + deviation ** 2 };
  const curves: MomentCurves = { first: [], second: [], rawFirst: [], rawSecond: [] };
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < coordinates; i++) gradient[i] = parameters.mean + deviation * stream.normal();
    const moved = stepOf(forFirst, gradient);
    curves.first.push(mean(moved) / expectations.first);
    const scaled = stepOf(forSecond, gradient);
    curves.second.push(
      mean(scaled.map((value, i) => ((gradient[i] ?? 0) / value) ** 2)) / expectations.second,
    );
    curves.rawFirst.push(mean([...forFirst.state("x", "m")]) / expectations.first);
    curves.rawSecond.push(mean([...forFirst.state("x", "v")]) / expectations.second);
    await context.progress(step / steps);
  }
  return curves;
}

/** How far the optimizer went against the gradient. */
function stepOf(optimizer: Optimizer, gradient: Float64Array): readonly number[] {
  const before = optimizer.parameter("x").slice();
  optimizer.gradient("x").set(gradient);
  optimizer.step();
  return Array.from(optimizer.parameter("x"), (value, i) => (before[i] ?? Number.NaN) - value);
}

const largestBias = (curve: readonly number[]): number =>
  Math.max(...curve.map((ratio) => Math.abs(ratio - 1)));

/** Kingma and Ba 2014, section 3. */
export const adamBias = defineClaim({
  name: "adam-bias",
  title: "Adam's corrected moments are unbiased from the first step on",
  claim:
    "Averages that start from zero are too small at first. Divided by 1 − βᵏ they have the expectations of the gradient and of its square at every step.",
  setting: ({ optimizer, coordinates, steps, mean: centre, deviation }) =>
    `Independent gradients N(${centre}, ${deviation}²) in ${coordinates} coordinates for ${steps} steps of ${optimizer}. The moments that it divides are read from its own steps; their mean over the coordinates is compared with the expectation.`,
  seeds: 6,
  parameters: { optimizer: "adam", coordinates: 10_000, steps: 30, mean: 1, deviation: 1 },
  holdsWhen: {
    first: {
      quantity: "largest relative bias of the corrected first moment over the steps",
      holds: { below: 0.05 },
    },
    second: {
      quantity: "largest relative bias of the corrected second moment over the steps",
      holds: { below: 0.05 },
    },
    uncorrected: {
      quantity: "smallest relative bias of the uncorrected moments at step 1",
      holds: { above: 0.5 },
    },
  },
  async run(context, parameters) {
    const { seeds } = context;
    const runs: MomentCurves[] = [];
    for (const [i, seed] of seeds.entries()) {
      const progress = (fraction: number) => context.progress((i + fraction) / seeds.length);
      runs.push(await measure({ seeds, progress }, parameters, seed));
    }
    const of = (name: keyof MomentCurves) => runs.map((curves) => curves[name]);
    const steps = Array.from({ length: parameters.steps }, (_, i) => i + 1);
    const at = (name: keyof MomentCurves, step: number) =>
      of(name).map((curve) => curve[step - 1] ?? Number.NaN);
    const late = Math.min(10, parameters.steps);
    return {
      effects: {
        first: of("first").map(largestBias),
        second: of("second").map(largestBias),
        uncorrected: runs.map(({ rawFirst, rawSecond }) => 1 - Math.max(rawFirst[0] ?? 1, rawSecond[0] ?? 1)),
      },
      figures: [1, late].flatMap((step) => [
        figureOf(`corrected first moment over its expectation, step ${step}`, at("first", step)),
        figureOf(`uncorrected first moment, step ${step}`, at("rawFirst", step)),
        figureOf(`corrected second moment over its expectation, step ${step}`, at("second", step)),
        figureOf(`uncorrected second moment, step ${step}`, at("rawSecond", step)),
      ]),
      charts: [
        {
          title: "Moments over their expectations",
          x: { label: "step" },
          y: { label: "mean over coordinates / expectation" },
          series: [
            seriesOf("first, corrected", steps, of("first")),
            seriesOf("first, uncorrected", steps, of("rawFirst")),
            seriesOf("second, corrected", steps, of("second")),
            seriesOf("second, uncorrected", steps, of("rawSecond")),
          ],
          rules: [{ value: 1, label: "unbiased" }],
        },
      ],
    };
  },
});
