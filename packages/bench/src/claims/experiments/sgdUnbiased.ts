import { randomStream } from "@steepest/random";
import { classLabels, denseFeatures, logisticRegression } from "@steepest/workloads";
import { growthExponent } from "../../statistics/regression.js";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  readonly count: number;
  readonly dimension: number;
  /** Numbers of draws that are averaged, ascending. */
  readonly draws: readonly number[];
  /** How often they are drawn anew for each seed. */
  readonly repeats: number;
  /** Which samples are drawn: with `first half` the others never count. */
  readonly drawn: "all" | "first half";
}

type Vector = Float64Array;

const squaredDistance = (a: ArrayLike<number>, b: ArrayLike<number>, factor = 1): number => {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (factor * (a[j] ?? Number.NaN) - (b[j] ?? Number.NaN)) ** 2;
  return sum;
};

const meanOf = (vectors: readonly Vector[], dimension: number): Vector => {
  const sum = new Float64Array(dimension);
  for (const vector of vectors) {
    for (let j = 0; j < dimension; j++) sum[j] = (sum[j] ?? 0) + (vector[j] ?? Number.NaN) / vectors.length;
  }
  return sum;
};

/** Where the first step of a method leads from zero, for a gradient. */
const firstStep = (spec: string, gradient: Vector): Vector => {
  const optimizer = vectorOptimizer(spec, gradient.length);
  optimizer.gradient.set(gradient);
  optimizer.step();
  return Float64Array.from(optimizer.x);
};

/** Distance of a method's mean step over all samples from `wanted`, relative to it. */
function stepBias(spec: string, samples: readonly Vector[], wanted: Vector): number {
  const mean = meanOf(
    samples.map((sample) => firstStep(spec, sample)),
    wanted.length,
  );
  return Math.sqrt(squaredDistance(mean, wanted) / squaredDistance(new Float64Array(wanted.length), wanted));
}

/** The gradients of all samples at a random point, and that of their mean. */
function gradientsAt({ count, dimension }: Parameters, seed: number) {
  const features = denseFeatures({ count, dimension, conditionNumber: 10, seed });
  const problem = logisticRegression(features, classLabels(features, seed));
  const point = Float64Array.from({ length: dimension }, randomStream(seed, "point").normal);
  const full = new Float64Array(dimension);
  problem.gradient(point, full);
  const samples = Array.from({ length: count }, (_, i) => {
    const gradient = new Float64Array(dimension);
    problem.sampleGradient(i, point, gradient);
    return gradient;
  });
  return { full, samples };
}

/** The root of the mean squared error of averages over so many draws. */
function errorsOfMeans(
  samples: readonly Vector[],
  full: Vector,
  seed: number,
  parameters: Parameters,
): number[] {
  const { draws, repeats, drawn } = parameters;
  const limit = drawn === "all" ? samples.length : Math.floor(samples.length / 2);
  const squares = new Array<number>(draws.length).fill(0);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const stream = randomStream(seed, "samples", repeat);
    const sum = new Float64Array(full.length);
    let made = 0;
    draws.forEach((wanted, place) => {
      for (; made < wanted; made++) {
        const sample = samples[stream.integer(limit)] ?? full;
        for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] ?? 0) + (sample[j] ?? Number.NaN);
      }
      squares[place] = (squares[place] ?? 0) + squaredDistance(sum, full, 1 / made) / repeats;
    });
  }
  return squares.map(Math.sqrt);
}

/** The gradient of one sample, drawn uniformly, is the full gradient in the mean. */
export const sgdUnbiased = defineClaim({
  name: "sgd-unbiased",
  title: "One sample's gradient is unbiased",
  claim:
    "The gradient of a single sample, drawn uniformly, is an unbiased estimate of the gradient of the whole sum.",
  setting: ({ count, dimension, draws, repeats }: Parameters) =>
    `Logistic regression with ${count} samples in ${dimension} dimensions, at a random point. SGD's step for every sample, averaged and compared with the step of gradient descent; and averages of ${draws[0]} to ${draws.at(-1)} drawn gradients, ${repeats} times each, whose squared error is compared with that of an unbiased estimate, the variance over the number of draws: any bias stays, and the quotient grows.`,
  seeds: 8,
  parameters: {
    count: 500,
    dimension: 20,
    draws: [1, 4, 16, 64, 256, 1024, 4096],
    repeats: 30,
    drawn: "all",
  },
  holdsWhen: {
    step: {
      quantity: "mean of SGD's steps over all samples, distance from gradient descent's step, relative",
      holds: { below: 1e-10 },
    },
    draws: {
      quantity: "squared error of the longest average over that of an unbiased estimate",
      holds: { between: [0.8, 1.25] },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { draws } = parameters;
    const steps: number[] = [];
    const quotients: number[] = [];
    const exponents: number[] = [];
    const adam: number[] = [];
    const errors: (readonly number[])[] = [];
    const expected: (readonly number[])[] = [];
    for (const [index, seed] of seeds.entries()) {
      await progress(index / seeds.length);
      const { full, samples } = gradientsAt(parameters, seed);
      const variance = samples.reduce((sum, g) => sum + squaredDistance(g, full), 0) / samples.length;
      await progress((index + 0.2) / seeds.length);
      const measured = errorsOfMeans(samples, full, seed, parameters);
      const unbiased = draws.map((count) => Math.sqrt(variance / count));
      const last = draws.length - 1;
      await progress((index + 0.5) / seeds.length);
      steps.push(stepBias("sgd:lr=1", samples, firstStep("gd:lr=1", full)));
      adam.push(stepBias("adam:lr=1", samples, firstStep("adam:lr=1", full)));
      quotients.push(((measured[last] ?? Number.NaN) / (unbiased[last] ?? Number.NaN)) ** 2);
      exponents.push(growthExponent(draws, measured));
      errors.push(measured);
      expected.push(unbiased);
    }
    return {
      effects: { step: steps, draws: quotients },
      figures: [
        figureOf("power of the number of draws in the error of the average", exponents),
        figureOf(
          "for comparison: the same distance for Adam's first step, which is no linear function of the gradient",
          adam,
        ),
      ],
      charts: [
        {
          title: "Error of an average of drawn gradients",
          x: { label: "draws averaged", log: true },
          y: { label: "root mean squared error", log: true },
          series: [
            seriesOf("drawn uniformly", draws, errors, { dots: true }),
            seriesOf("unbiased: σ/√m", draws, expected),
          ],
        },
      ],
    };
  },
});
