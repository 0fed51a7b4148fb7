import { randomStream } from "@steepest/random";
import { growthExponent } from "../../statistics/regression.js";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  readonly dimension: number;
  readonly steps: number;
  /** The gradients are multiplied by it from the middle of the run on. */
  readonly drop: number;
  /** The method that is said to shrink only. */
  readonly shrinking: string;
}

/** |Δx|/|g| of every coordinate, one array a step: the step size that each coordinate really had. */
function stepSizes(
  spec: string,
  seed: number,
  { dimension, steps, drop }: Parameters,
): readonly Float64Array[] {
  const stream = randomStream(seed, "gradients");
  const { x, gradient, step } = vectorOptimizer(spec, dimension);
  return Array.from({ length: steps }, (_, k) => {
    const scale = k < steps / 2 ? 1 : drop;
    for (let j = 0; j < dimension; j++) gradient[j] = scale * stream.normal();
    // From zero the difference x − x' is exact.
    x.fill(0);
    step();
    return Float64Array.from(x, (moved, j) => Math.abs(moved / (gradient[j] ?? Number.NaN)));
  });
}

/**
 * The largest part by which a coordinate's step size grows from one step to the next; negative where it only
 * shrinks.
 */
function largestGrowth(sizes: readonly Float64Array[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const [k, now] of sizes.entries()) {
    const before = sizes[k - 1];
    if (before === undefined) continue;
    for (const [j, size] of now.entries()) largest = Math.max(largest, size / (before[j] ?? Number.NaN) - 1);
  }
  return largest;
}

const geometricMean = (values: Float64Array): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/**
 * AdaGrad sums squared gradients, so its step sizes never grow; RMSProp forgets, so they do when gradients
 * shrink.
 */
export const adagradMonotone = defineClaim({
  name: "adagrad-monotone",
  title: "AdaGrad's steps only shrink",
  claim:
    "AdaGrad's step sizes only ever shrink, since squared gradients pile up in its denominator; RMSProp's moving average lets them grow again.",
  setting: ({ dimension, steps, drop }: Parameters) =>
    `${steps} gradients of ${dimension} independent standard normal coordinates, multiplied by ${drop} from the middle of the run on, given to AdaGrad and RMSProp with their defaults. The step size of a coordinate is |Δx|/|g|.`,
  seeds: 8,
  parameters: { dimension: 16, steps: 2000, drop: 0.01, shrinking: "adagrad" },
  holdsWhen: {
    adagrad: {
      quantity: "AdaGrad: largest relative growth of a step size from one step to the next",
      // Where a gradient adds nothing it is rounding.
      holds: { below: 1e-9 },
    },
    rmsprop: {
      quantity: "RMSProp: step size at the end over the step size before the gradients shrink, as a factor",
      holds: { above: 1 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { steps, shrinking } = parameters;
    const middle = Math.floor(steps / 2) - 1;
    const runs: { readonly adagrad: readonly Float64Array[]; readonly rmsprop: readonly Float64Array[] }[] =
      [];
    for (const [index, seed] of seeds.entries()) {
      await progress(index / seeds.length);
      runs.push({
        adagrad: stepSizes(shrinking, seed, parameters),
        rmsprop: stepSizes("rmsprop", seed, parameters),
      });
    }
    const curves = (method: "adagrad" | "rmsprop"): readonly (readonly number[])[] =>
      runs.map((run) => run[method].map(geometricMean));
    const regrowth = (method: "adagrad" | "rmsprop"): readonly number[] =>
      curves(method).map((curve) => (curve.at(-1) ?? Number.NaN) / (curve[middle] ?? Number.NaN));
    const numbers = Array.from({ length: steps }, (_, k) => k + 1);
    return {
      effects: {
        adagrad: runs.map(({ adagrad }) => largestGrowth(adagrad)),
        rmsprop: regrowth("rmsprop"),
      },
      figures: [
        figureOf(
          "AdaGrad: step size at the end over the one before the gradients shrink",
          regrowth("adagrad"),
        ),
        figureOf(
          "RMSProp: largest relative growth of a step size from one step to the next",
          runs.map(({ rmsprop }) => largestGrowth(rmsprop)),
        ),
        figureOf(
          "AdaGrad: power of k in its step size before the gradients shrink",
          curves("adagrad").map((curve) =>
            growthExponent(numbers.slice(10, middle), curve.slice(10, middle)),
          ),
        ),
      ],
      charts: [
        {
          title: "Step size, the gradients shrink in the middle",
          x: { label: "steps" },
          y: { label: "|Δx|/|g|, mean of the coordinates", log: true },
          series: [
            seriesOf("AdaGrad", numbers, curves("adagrad")),
            seriesOf("RMSProp", numbers, curves("rmsprop")),
          ],
        },
      ],
    };
  },
});
