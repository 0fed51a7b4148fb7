import {
  classLabels,
  denseFeatures,
  type FiniteSum,
  logisticRegression,
  type Rows,
  trueWeights,
  zipfFeatures,
} from "@steepest/workloads";
import { mean } from "../../statistics/descriptive.js";
import { growthExponent } from "../../statistics/regression.js";
import type { ClaimContext } from "../claim.js";
import { defineClaim } from "../claim.js";
import { figureOf, ratioOf, seriesOf } from "../findings.js";
import { halfDecades } from "../problems/grid.js";
import { tune } from "../tuning.js";
import { vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  /** Columns, words of the vocabulary. */
  readonly dimension: number;
  /** Words in a sample. */
  readonly words: number;
  /** Samples, each seen once. */
  readonly steps: number;
  /** Fresh samples that the loss is measured on. */
  readonly testCount: number;
  /** The method that is said to be better. */
  readonly adaptive: string;
}

/** Samples to learn from and to measure on, with the weights that made their labels. */
interface Task {
  readonly train: FiniteSum;
  readonly test: FiniteSum;
  readonly weights: Float64Array;
  /** How often each feature is not zero. */
  readonly occurrences: Float64Array;
}

/** A run over all samples. */
interface Run {
  /** Loss above that of the true weights, at each checkpoint. */
  readonly excess: readonly number[];
  readonly weights: Float64Array;
  /** |Δx|/|g| of every coordinate at the end. */
  readonly stepSizes: Float64Array;
}

const seedsOfTuning = [1001, 1002];
/** Parts of equally many features, from the most frequent to the rarest. */
const parts = 10;

function taskOf(rows: (count: number, seed: number) => Rows, seed: number, parameters: Parameters): Task {
  const { steps, testCount } = parameters;
  // Labels are drawn with the weights of a seed: rows of both kinds in one matrix share them.
  const all = rows(steps + testCount, seed);
  const labels = classLabels(all, seed);
  const slice = (first: number, count: number): FiniteSum =>
    logisticRegression(
      {
        rows: count,
        columns: all.columns,
        bytes: all.bytes,
        dot: (row, x) => all.dot(first + row, x),
        addTo: (row, factor, out) => all.addTo(first + row, factor, out),
        squaredNorm: (row) => all.squaredNorm(first + row),
      },
      labels.subarray(first, first + count),
    );
  const occurrences = new Float64Array(all.columns);
  for (let i = 0; i < steps; i++) all.addTo(i, 1, occurrences);
  return {
    train: slice(0, steps),
    test: slice(steps, testCount),
    weights: trueWeights(all.columns, seed),
    occurrences,
  };
}

/** A method with its learning rate, and whether that falls as 1/√k. */
interface Candidate {
  readonly spec: string;
  readonly falling: boolean;
}

function learn({ spec, falling }: Candidate, task: Task, checkpoints: readonly number[]): Run {
  const { train, test, weights } = task;
  const { x, gradient, step } = vectorOptimizer(spec, train.dimension, {
    backend: "wasm",
    ...(falling ? { schedule: (k: number) => 1 / Math.sqrt(k) } : {}),
  });
  const least = test.value(weights);
  const excess: number[] = [];
  for (let k = 1; k <= train.count; k++) {
    train.sampleGradient(k - 1, x, gradient);
    step();
    if (checkpoints.includes(k)) excess.push(test.value(x) - least);
  }
  const learnt = Float64Array.from(x);
  // A gradient too small to change what the method remembers, from zero, where the difference is exact.
  const probe = 1e-6;
  x.fill(0);
  gradient.fill(probe);
  step();
  return { excess, weights: learnt, stepSizes: Float64Array.from(x, (moved) => Math.abs(moved) / probe) };
}

/** The method, constant or with a falling rate, that learns best on other seeds. */
async function tuned(
  name: string,
  tasks: readonly Task[],
  steps: number,
  progress: (fraction: number) => Promise<void>,
): Promise<Candidate> {
  const schedules = name === "sgd" ? [false, true] : [false];
  const candidates = schedules.flatMap((falling) =>
    // What falls as 1/√k needs a larger beginning.
    halfDecades(falling ? 1e-2 : 1e-3, falling ? 100 : 10).map((rate) => ({
      spec: `${name}:lr=${rate}`,
      falling,
    })),
  );
  const candidate = await tune(candidates, async (tried, index) => {
    await progress(index / candidates.length);
    return tasks.map((task) => learn(tried, task, [steps]).excess[0] ?? Number.NaN);
  });
  return candidate;
}

/**
 * How many samples a run needed for a loss, between checkpoints by a line in logarithms; NaN where it did not
 * get there.
 */
function samplesTo(loss: number, excess: readonly number[], checkpoints: readonly number[]): number {
  const after = excess.findIndex((value) => value <= loss);
  const [from, to] = [excess[after - 1], excess[after]];
  if (from === undefined || to === undefined) return checkpoints[after] ?? Number.NaN;
  const [first, last] = [checkpoints[after - 1] ?? Number.NaN, checkpoints[after] ?? Number.NaN];
  return first * (last / first) ** (Math.log(from / loss) / Math.log(from / to));
}

/** The mean of a quantity in each part of the features, from the most frequent to the rarest. */
function byFrequency(occurrences: Float64Array, quantity: (feature: number) => number): readonly number[] {
  const order = Array.from(occurrences.keys()).sort((a, b) => (occurrences[b] ?? 0) - (occurrences[a] ?? 0));
  const size = Math.floor(order.length / parts);
  return Array.from({ length: parts }, (_, p) => mean(order.slice(p * size, (p + 1) * size).map(quantity)));
}

/** On rare and common words AdaGrad gives every word the step that suits it. */
export const adagradSparse = defineClaim({
  name: "adagrad-sparse",
  title: "AdaGrad on sparse features",
  claim:
    "On sparse problems AdaGrad can improve drastically over SGD: the steps of rare but informative features shrink slowly and stay large.",
  setting: ({ dimension, words, steps, testCount }: Parameters) =>
    `Logistic regression on bags of ${words} words out of ${dimension}, drawn by Zipf's law, the words' true weights standard normal whatever their frequency. ${steps} samples, one a step, each seen once. SGD, with a constant or with a 1/√k learning rate, whichever is better, and AdaGrad, each with the learning rate, of two to a decade, that is best on two other seeds. Decided by the loss on ${testCount} fresh samples above that of the true weights (drastically: at least twice), and by the step sizes |Δx|/|g| at the end.`,
  seeds: 20,
  parameters: { dimension: 500, words: 10, steps: 8000, testCount: 4000, adaptive: "adagrad" },
  holdsWhen: {
    excess: {
      quantity: "excess loss of SGD over that of AdaGrad",
      holds: { above: 2 },
      scale: "log",
    },
    rare: {
      quantity:
        "AdaGrad's step size of the rarest tenth of the features over that of the most frequent tenth",
      holds: { above: 3 },
      scale: "log",
    },
  },
  async run({ seeds, progress }: ClaimContext, parameters) {
    const { dimension, words, steps, adaptive } = parameters;
    const methods = ["sgd", adaptive];
    const titles = ["SGD", "AdaGrad"];
    const kinds: readonly ((count: number, seed: number) => Rows)[] = [
      (count, seed) => zipfFeatures({ count, dimension, entriesPerRow: words, seed }),
      (count, seed) => denseFeatures({ count, dimension: words, conditionNumber: 1, seed }),
    ];
    const checkpoints = Array.from({ length: 13 }, (_, i) => Math.round(steps * 10 ** (-(12 - i) / 5)));
    const chosen: Candidate[][] = kinds.map(() => []);
    const runs: Run[][][] = kinds.map(() => methods.map(() => []));
    const tasks: Task[][] = kinds.map(() => []);
    const total = kinds.length * methods.length;
    for (const [kind, rows] of kinds.entries()) {
      const others = seedsOfTuning.map((seed) => taskOf(rows, seed, parameters));
      for (const seed of seeds) {
        await progress(kind / kinds.length);
        tasks[kind]?.push(taskOf(rows, seed, parameters));
      }
      for (const [m, method] of methods.entries()) {
        const start = kind * methods.length + m;
        const best = await tuned(method, others, steps, (part) => progress((start + 0.7 * part) / total));
        chosen[kind]?.push(best);
        for (const task of tasks[kind] ?? []) {
          await progress((start + 0.7) / total);
          runs[kind]?.[m]?.push(learn(best, task, checkpoints));
        }
      }
    }
    const excess = (kind: number, m: number): readonly number[] =>
      (runs[kind]?.[m] ?? []).map((run) => run.excess.at(-1) ?? Number.NaN);
    const quotient = (kind: number): readonly number[] =>
      excess(kind, 0).map((value, i) => value / (excess(kind, 1)[i] ?? Number.NaN));
    const spread = (m: number, quantity: (run: Run, task: Task) => (feature: number) => number) =>
      (runs[0]?.[m] ?? []).map((run, i) => {
        const task = tasks[0]?.[i];
        return task === undefined ? [] : byFrequency(task.occurrences, quantity(run, task));
      });
    const sizes = (m: number) =>
      spread(
        m,
        ({ stepSizes }) =>
          (j) =>
            stepSizes[j] ?? Number.NaN,
      );
    const errors = (m: number) =>
      spread(
        m,
        (run, { weights }) =>
          (j) =>
            ((run.weights[j] ?? Number.NaN) - (weights[j] ?? 0)) ** 2,
      );
    const frequencies = (tasks[0] ?? []).map(({ occurrences }) =>
      byFrequency(occurrences, (j) => occurrences[j] ?? 0),
    );
    const occurrences = Array.from({ length: parts }, (_, p) =>
      mean(frequencies.map((row) => row[p] ?? Number.NaN)),
    );
    const rarest = ({ length }: readonly number[]): number => length - 1;
    const ascending = (values: readonly number[]): readonly number[] => values.toReversed();
    const specOf = (kind: number, m: number): string => {
      const candidate = chosen[kind]?.[m];
      return candidate === undefined ? "" : `${candidate.spec}${candidate.falling ? "/√k" : ""}`;
    };
    const chart = (title: string, y: string, values: (m: number) => readonly (readonly number[])[]) => ({
      title,
      x: { label: "occurrences of a feature", log: true },
      y: { label: y, log: true },
      series: titles.map((name, m) =>
        seriesOf(name, ascending(occurrences), values(m).map(ascending), { dots: true }),
      ),
    });
    return {
      effects: {
        excess: quotient(0),
        rare: sizes(1).map((row) => (row[rarest(row)] ?? Number.NaN) / (row[0] ?? Number.NaN)),
      },
      figures: [
        figureOf(`excess loss of SGD (${specOf(0, 0)})`, excess(0, 0)),
        figureOf(`excess loss of AdaGrad (${specOf(0, 1)})`, excess(0, 1)),
        ratioOf(
          "samples that AdaGrad needs for the loss that SGD ends with, as a part of SGD's",
          (runs[0]?.[1] ?? []).map(
            (run, i) => samplesTo(excess(0, 0)[i] ?? Number.NaN, run.excess, checkpoints) / steps,
          ),
        ),
        figureOf(
          "AdaGrad: power of a feature's occurrences in its step size",
          sizes(1).map((row, i) => growthExponent(frequencies[i] ?? [], row)),
        ),
        ratioOf(
          `for comparison, ${words} dense features: excess loss of SGD (${specOf(1, 0)}) over AdaGrad's (${specOf(1, 1)})`,
          quotient(1),
        ),
      ],
      charts: [
        {
          title: "Loss above that of the true weights",
          x: { label: "samples seen", log: true },
          y: { label: "excess loss on fresh samples", log: true },
          series: titles.map((name, m) =>
            seriesOf(
              name,
              checkpoints,
              (runs[0]?.[m] ?? []).map((run) => run.excess),
            ),
          ),
        },
        chart("Step sizes at the end, by frequency", "|Δx|/|g|", sizes),
        chart("Error of the weights at the end, by frequency", "(w − w*)²", errors),
      ],
    };
  },
});
