import { randomStream } from "@steepest/random";
import { denseFeatures, leastSquares, linearTargets, type Rows } from "@steepest/workloads";
import { growthExponent } from "../../statistics/regression.js";
import { defineClaim } from "../claim.js";
import { figureOf, inWords, ratioOf, seriesOf } from "../findings.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

/** Rows that count the multiplications made with them. */
function counted(rows: Rows): { readonly rows: Rows; readonly work: () => number } {
  let work = 0;
  return {
    work: () => work,
    rows: {
      ...rows,
      dot(row, x) {
        work += rows.columns;
        return rows.dot(row, x);
      },
      addTo(row, factor, out) {
        work += rows.columns;
        rows.addTo(row, factor, out);
      },
    },
  };
}

/** What one iteration of a method costs. */
interface Cost {
  readonly multiplications: number;
  readonly microseconds: number;
}

/** Gradient descent and SGD on least squares with `count` samples, in turns. */
function costs(
  count: number,
  seed: number,
  parameters: Parameters,
): { readonly gd: Cost; readonly sgd: Cost } {
  const { dimension, iterations } = parameters;
  const features = denseFeatures({ count, dimension, conditionNumber: 10, seed });
  const { rows, work } = counted(features);
  const problem = leastSquares(rows, linearTargets(features, 0.1, seed));
  const samples = randomStream(seed, "samples", count);
  const step = 1 / problem.smoothness;
  const gd = vectorOptimizer(`gd:lr=${step}`, dimension);
  const sgd = vectorOptimizer(`sgd:lr=${step}`, dimension);
  const measured = (iterate: () => void): Cost => {
    const [start, before] = [performance.now(), work()];
    iterate();
    return { multiplications: work() - before, microseconds: 1000 * (performance.now() - start) };
  };
  const best = (a: Cost, b: Cost): Cost => ({
    multiplications: a.multiplications + b.multiplications / iterations,
    // The least of several: everything that disturbs a measurement makes it longer.
    microseconds: Math.min(a.microseconds, b.microseconds),
  });
  let result = { gd: nothing, sgd: nothing };
  for (let k = 0; k < iterations; k++) {
    const full = measured(() => {
      problem.gradient(gd.x, gd.gradient);
      gd.step();
    });
    const single = measured(() => {
      if (parameters.samplesAStep === "one")
        problem.sampleGradient(samples.integer(count), sgd.x, sgd.gradient);
      else problem.gradient(sgd.x, sgd.gradient);
      sgd.step();
    });
    result = { gd: best(result.gd, full), sgd: best(result.sgd, single) };
  }
  return result;
}

const nothing: Cost = { multiplications: 0, microseconds: Number.POSITIVE_INFINITY };

interface Parameters {
  readonly dimension: number;
  /** Numbers of samples, ascending. */
  readonly counts: readonly number[];
  readonly iterations: number;
  /** What SGD's gradient is made of: `all` makes it gradient descent. */
  readonly samplesAStep: "one" | "all";
}

/** One iteration of gradient descent costs n gradients, one of SGD a single one. */
export const gdCost = defineClaim({
  name: "gd-cost",
  title: "What an iteration costs",
  claim:
    "For a sum of n functions an iteration of gradient descent costs O(n): its operations grow linearly in n. An iteration of stochastic gradient descent costs O(1): as many operations for any n.",
  setting: ({ dimension, counts, iterations }: Parameters) =>
    `Least squares in ${dimension} dimensions with n from ${counts[0]} to ${counts.at(-1)} samples. ${iterations} iterations of gradient descent and of SGD with one sample drawn uniformly, in turns. Decided by the multiplications counted in the rows of the data matrix, which is what O(n) speaks of. Time is measured beside, the shortest of the iterations, and decides nothing.`,
  seeds: 4,
  parameters: {
    dimension: 20,
    counts: [128, 512, 2048, 8192, 32768],
    iterations: 20,
    samplesAStep: "one",
  },
  holdsWhen: {
    gd: {
      quantity: "power of n in the multiplications of an iteration of gradient descent",
      holds: { between: [0.95, 1.05] },
    },
    sgd: {
      quantity: "power of n in the multiplications of an iteration of SGD",
      holds: { between: [-0.05, 0.05] },
    },
  },
  async run({ seeds, progress }, parameters) {
    const { counts } = parameters;
    const measured: (readonly { readonly gd: Cost; readonly sgd: Cost }[])[] = [];
    for (const seed of seeds) {
      const row: { readonly gd: Cost; readonly sgd: Cost }[] = [];
      for (const count of counts) {
        await progress((measured.length + row.length / counts.length) / seeds.length);
        row.push(costs(count, seed, parameters));
      }
      measured.push(row);
    }
    const over = (method: "gd" | "sgd", quantity: keyof Cost): readonly (readonly number[])[] =>
      measured.map((row) => row.map((cost) => cost[method][quantity]));
    const exponents = (method: "gd" | "sgd"): readonly number[] =>
      over(method, "multiplications").map((values) => growthExponent(counts, values));
    const chart = (title: string, label: string, quantity: keyof Cost) => ({
      title,
      x: { label: "n, samples", log: true },
      y: { label, log: true },
      series: [
        seriesOf("gradient descent", counts, over("gd", quantity), { dots: true }),
        seriesOf("SGD", counts, over("sgd", quantity), { dots: true }),
      ],
    });
    const largest = counts.length - 1;
    const ratios = measured.map(
      (row) => (row[largest]?.gd.microseconds ?? Number.NaN) / (row[largest]?.sgd.microseconds ?? Number.NaN),
    );
    const timeOf = (method: "gd" | "sgd", from: number): readonly number[] =>
      over(method, "microseconds").map((values) => growthExponent(counts.slice(from), values.slice(from)));
    const time = {
      gd: figureOf("measured time: power of n, gradient descent", timeOf("gd", 0)),
      largest: figureOf(
        `measured time: power of n from ${counts[largest - 1]} to ${counts[largest]}, gradient descent`,
        timeOf("gd", largest - 1),
      ),
      sgd: figureOf("measured time: power of n, SGD", timeOf("sgd", 0)),
    };
    return {
      effects: { gd: exponents("gd"), sgd: exponents("sgd") },
      caveat: `Decided by counting. In time, as measured here, the power of n is ${inWords(time.gd)} for gradient descent (${inWords(time.largest)} between the two largest n) and ${inWords(time.sgd)} for SGD: time also contains what does not depend on n, and what caches do.`,
      figures: [
        ...Object.values(time),
        ratioOf(`measured time at n = ${counts[largest]}: gradient descent over SGD`, ratios),
      ],
      charts: [
        chart("Work of an iteration", "multiplications", "multiplications"),
        chart("Time of an iteration", "µs", "microseconds"),
      ],
    };
  },
});
