import { parseOptimizerSpec, type Schedule } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { findLandscape, type Landscape } from "@steepest/workloads";
import { mean } from "../../statistics/descriptive.js";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  /** What must fail, and what must not. */
  readonly failing: string;
  readonly converging: string;
  readonly learningRate: number;
  readonly steps: number;
}

/** The step sizes of the theorems: α/√k. */
const inverseRoot: Schedule = (step) => 1 / Math.sqrt(step);

/** How far x is from the minimiser, step by step. */
function distances(
  landscape: Landscape,
  method: string,
  { learningRate, steps }: Parameters,
  seed: number,
  beta2: number,
): Float64Array {
  const spec = parseOptimizerSpec(method);
  const { x, gradient, step } = vectorOptimizer(
    { ...spec, hyper: { ...landscape.race.hyper, ...spec.hyper, beta2, lr: learningRate } },
    1,
    { schedule: inverseRoot },
  );
  x[0] = 2 * randomStream(seed, "adam-diverges").uniform() - 1;
  const [minimiser = Number.NaN] = landscape.minimisers[0] ?? [];
  return Float64Array.from({ length: steps }, (_, i) => {
    // A seed's draws begin where those of the one before end. Three in a row are a period of the
    // deterministic problem.
    landscape.gradient(x, gradient, 3 * seed * steps + i + 1);
    step();
    landscape.project?.(x);
    return Math.abs((x[0] ?? Number.NaN) - minimiser);
  });
}

/** The mean over the last quarter. */
const settled = (curve: Float64Array): number => mean([...curve.subarray(-Math.ceil(curve.length / 4))]);

/** Reddi, Kale and Kumar 2018, theorems 1 and 3. */
export const adamDiverges = defineClaim({
  name: "adam-diverges",
  title: "Adam does not converge on a convex problem, AMSGrad does",
  claim:
    "There are convex problems of one variable on which Adam goes to the worst point, however small its step sizes become. Dividing by the largest second moment so far, AMSGrad goes to the minimum.",
  setting: ({ failing, converging, learningRate, steps }) =>
    `On [−1, 1], ${steps} steps of size ${learningRate}/√k by ${failing} and by ${converging} from a random start, for two problems: 4x every third step, else −x (β₁ = 0, β₂ = 1/17); and 5x with probability 1/4, else −x (β₁ = 0, β₂ = 1/26). The minimum is at −1. Distances are means over the last quarter of the steps.`,
  seeds: 8,
  parameters: { failing: "adam", converging: "amsgrad", learningRate: 0.3, steps: 4000 },
  holdsWhen: {
    failing: {
      quantity: "Adam's distance from the minimum, of 2 at most: the smaller of both problems",
      holds: { above: 1 },
    },
    converging: {
      quantity: "AMSGrad's distance from the minimum: the larger of both problems",
      holds: { below: 0.1 },
    },
  },
  async run({ seeds, progress }, parameters) {
    const problems = ["reddi", "reddi-stochastic"].map((name) => findLandscape(name));
    const methods = [parameters.failing, parameters.converging];
    const usual = 0.999;
    const cases = problems.flatMap((landscape) =>
      methods.flatMap((method) =>
        [landscape.race.hyper.beta2 ?? usual, usual].map((beta2) => ({ landscape, method, beta2 })),
      ),
    );
    const results: { landscape: Landscape; method: string; beta2: number; curves: Float64Array[] }[] = [];
    for (const [i, { landscape, method, beta2 }] of cases.entries()) {
      const curves: Float64Array[] = [];
      for (const seed of seeds) {
        curves.push(distances(landscape, method, parameters, seed, beta2));
        await progress((i + curves.length / seeds.length) / cases.length);
      }
      results.push({ landscape, method, beta2, curves });
    }
    const decisive = (method: string) =>
      results.filter((result) => result.method === method && result.beta2 !== usual);
    const over = (method: string, choose: (...values: number[]) => number) =>
      seeds.map((_, i) =>
        choose(...decisive(method).map(({ curves }) => settled(curves[i] ?? new Float64Array()))),
      );
    // A hundred points show a curve of thousands of steps.
    const shown = Array.from({ length: 100 }, (_, i) => Math.ceil(((i + 1) * parameters.steps) / 100));
    return {
      effects: {
        failing: over(parameters.failing, Math.min),
        converging: over(parameters.converging, Math.max),
      },
      figures: results.map(({ landscape, method, beta2, curves }) =>
        figureOf(
          `distance of ${method} on ${landscape.name}, β₂ = ${Number(beta2.toPrecision(3))}`,
          curves.map(settled),
        ),
      ),
      charts: problems.map(({ name, title }) => ({
        title,
        x: { label: "step" },
        y: { label: "distance from the minimum", domain: [0, 2] as const },
        series: methods.flatMap((method) =>
          decisive(method)
            .filter(({ landscape }) => landscape.name === name)
            .map(({ curves }) =>
              seriesOf(
                method,
                shown,
                curves.map((curve) => shown.map((step) => curve[step - 1] ?? Number.NaN)),
              ),
            ),
        ),
      })),
    };
  },
});
