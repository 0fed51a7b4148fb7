import { denseFeatures, type FiniteSum, leastSquares, linearTargets } from "@steepest/workloads";
import type { ClaimContext } from "../claim.js";
import { defineClaim } from "../claim.js";
import { ratioOf, seriesOf } from "../findings.js";
import { halfDecades } from "../problems/grid.js";
import { tune } from "../tuning.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  readonly count: number;
  readonly dimension: number;
  /** Factors of the objective, ascending. */
  readonly scales: readonly number[];
  /** Steps after which a run is given up and counts as long as this. */
  readonly mostSteps: number;
  /** The method whose step needs no learning rate. */
  readonly free: string;
}

/** Methods beside Adadelta, each with the learning rate that is best at factor 1. */
const rivals = ["gd", "adagrad", "rmsprop"] as const;

/** Smallest constants under the root that are tried. */
const epsilons = [1e-10, 1e-8, 1e-6, 1e-4];

const seedOfTuning = 1000;

function problemOf({ count, dimension }: Parameters, seed: number): FiniteSum {
  const features = denseFeatures({ count, dimension, conditionNumber: 10, seed });
  // Without noise the least value is 0, so that the gap is the value.
  return leastSquares(features, linearTargets(features, 0, seed));
}

/** Steps until a hundredth of the first value of the scaled objective is left. */
function stepsToSolve(problem: FiniteSum, spec: string, scale: number, mostSteps: number): number {
  const { x, gradient, step } = vectorOptimizer(spec, problem.dimension);
  const goal = 0.01 * problem.value(x);
  for (let k = 1; k <= mostSteps; k++) {
    problem.gradient(x, gradient);
    for (let j = 0; j < gradient.length; j++) gradient[j] = scale * (gradient[j] ?? Number.NaN);
    step();
    const value = problem.value(x);
    if (value <= goal) return k;
    if (!Number.isFinite(value)) return mostSteps;
  }
  return mostSteps;
}

/**
 * Each rival with the learning rate, of two to a decade, that solves the problem of another seed in the
 * fewest steps.
 */
async function tunedRivals(
  parameters: Parameters,
  progress: ClaimContext["progress"],
): Promise<readonly string[]> {
  const problem = problemOf(parameters, seedOfTuning);
  const rates = halfDecades(1e-3, 10);
  const specs: string[] = [];
  for (const name of rivals) {
    const candidate = await tune(
      rates.map((rate) => `${name}:lr=${rate}`),
      async (spec, index) => {
        await progress((0.3 * (specs.length + index / rates.length)) / rivals.length);
        return [stepsToSolve(problem, spec, 1, parameters.mostSteps)];
      },
    );
    specs.push(candidate);
  }
  return specs;
}

/** Adadelta has no learning rate to set, whatever the size of the gradients. */
export const adadeltaNoLr = defineClaim({
  name: "adadelta-no-lr",
  title: "Adadelta needs no learning rate",
  claim:
    "Adadelta does without a learning rate: it finds the size of its steps itself, so that the scale of the gradients does not matter.",
  setting: ({ count, dimension, scales, mostSteps }: Parameters) =>
    `Least squares with ${count} samples in ${dimension} dimensions, gradients of the order of 1 at the start, multiplied by factors from ${scales[0]} to ${scales.at(-1)}. Steps of Adadelta with its defaults until a hundredth of the first value is left, at most ${mostSteps}; beside it methods with the learning rate that is best at factor 1.`,
  seeds: 6,
  parameters: {
    count: 60,
    dimension: 10,
    scales: [1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3],
    mostSteps: 6000,
    free: "adadelta",
  },
  holdsWhen: {
    spread: {
      quantity: "steps at the worst factor over steps at the best one",
      holds: { below: 1.5 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { scales, mostSteps, free } = parameters;
    const tuned = await tunedRivals(parameters, progress);
    const specs = [free, ...tuned];
    /** [method][seed][scale] */
    const steps: number[][][] = specs.map(() => []);
    /** [epsilon][seed], at factor 1. */
    const ofEpsilon: number[][] = epsilons.map(() => []);
    for (const [index, seed] of seeds.entries()) {
      const problem = problemOf(parameters, seed);
      for (const [m, spec] of specs.entries()) {
        const row: number[] = [];
        for (const scale of scales) {
          await progress(
            0.3 + (0.7 * (index + (m + row.length / scales.length) / specs.length)) / seeds.length,
          );
          row.push(stepsToSolve(problem, spec, scale, mostSteps));
        }
        steps[m]?.push(row);
      }
      for (const [e, epsilon] of epsilons.entries())
        ofEpsilon[e]?.push(stepsToSolve(problem, `adadelta:eps=${epsilon}`, 1, mostSteps));
    }
    const spread = (rows: readonly (readonly number[])[]): readonly number[] =>
      rows.map((row) => Math.max(...row) / Math.min(...row));
    const one = scales.indexOf(1);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const atOne = (m: number): readonly number[] => (steps[m] ?? []).map((row) => row[one] ?? Number.NaN);
    return {
      effects: { spread: spread(steps[0] ?? []) },
      figures: [
        ratioOf(
          "Adadelta, factors of 1 and above alone: worst over best",
          spread((steps[0] ?? []).map((row) => row.slice(one))),
        ),
        ...tuned.map((spec, m) =>
          ratioOf(`for comparison: ${spec}, worst factor over best`, spread(steps[m + 1] ?? [])),
        ),
        ratioOf(
          `Adadelta's steps over those of tuned ${rivals.at(-1)}, factor 1`,
          atOne(0).map((count, s) => count / (atOne(rivals.length)[s] ?? Number.NaN)),
        ),
      ],
      tables: [
        {
          title: "The constant ε plays the part of a learning rate: steps at factor 1",
          columns: ["ε", "steps, mean"],
          rows: epsilons.map((epsilon, e) => [epsilon.toExponential(), mean(ofEpsilon[e] ?? [])]),
        },
      ],
      charts: [
        {
          title: "Steps to a hundredth of the first value",
          x: { label: "factor of the gradients", log: true },
          y: { label: "steps", log: true },
          series: specs.map((spec, m) => seriesOf(spec, scales, steps[m] ?? [], { dots: true })),
          rules: [{ value: mostSteps, label: "given up" }],
        },
      ],
    };
  },
});
