import { elementCount, type Matrix, wasmLinearAlgebra } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { defineClaim } from "../claim.js";
import { figureOf, inWords, ratioOf, seriesOf } from "../findings.js";
import { halfDecades } from "../problems/grid.js";
import { composed, randomOrthonormal, spectrum, times } from "../problems/matrices.js";
import { countMultiplyAdds } from "../problems/multiplyAdds.js";
import {
  createNetwork,
  drawBatch,
  emptySamples,
  initialise,
  networkOptimizer,
  type Samples,
  zeros,
} from "../problems/network.js";
import { tune } from "../tuning.js";

interface Sizes {
  readonly widths: readonly number[];
  readonly samples: number;
  readonly batch: number;
  /** Steps between two evaluations of the loss on all samples. */
  readonly interval: number;
  readonly condition: number;
  /** The loss to be reached, as a share of log(classes). */
  readonly target: number;
  readonly steps: number;
}

/** Learning rates are chosen on these, and judged on others. */
const seedsOfTuning = [1001, 1002, 1003];

const algebra = wasmLinearAlgebra();

/**
 * Adam's twelve operations on an element, as multiply-adds; what Shampoo does beside its matrices is less,
 * and is counted as much.
 */
const perElement = 6;

const normalMatrix = (rows: number, columns: number, normal: () => number): Matrix => ({
  rows,
  columns,
  values: Float64Array.from({ length: rows * columns }, normal),
});

/**
 * Normal features with correlations, as pixels have; the class is the largest output of a network with random
 * weights.
 */
function drawSamples({ widths, samples: count, condition }: Sizes, seed: number): Samples {
  const stream = randomStream(seed, "shampoo-steps", "samples");
  const [dimension = 0, ...rest] = widths;
  const basis = randomOrthonormal(dimension, dimension, stream);
  const mixing = composed(basis, spectrum(dimension, condition).map(Math.sqrt), basis);
  const features = zeros(algebra, count, dimension);
  features.values.set(times(normalMatrix(count, dimension, stream.normal), mixing).values);
  let scores: Matrix = { ...features, values: Float64Array.from(features.values) };
  for (const [i, width] of rest.entries()) {
    scores = times(scores, normalMatrix(scores.columns, width, stream.normal));
    if (i < rest.length - 1) scores = { ...scores, values: scores.values.map(Math.tanh) };
  }
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const row = scores.values.subarray(i * scores.columns, (i + 1) * scores.columns);
    return row.indexOf(Math.max(...row));
  });
  return { features, labels };
}

interface Run {
  /** The loss on all samples at each evaluation, up to the one that reached the target. */
  readonly losses: readonly number[];
  /** Steps that were taken. */
  readonly taken: number;
  readonly reached: boolean;
  /** Of an update without its gradient. */
  readonly multiplyAdds: number;
  readonly milliseconds: number;
}

/**
 * Trains in mini-batches until the target or the last of the steps; a seed has the same batches for all
 * methods.
 */
async function train(
  method: string,
  rate: number,
  samples: Samples,
  sizes: Sizes,
  seed: number,
  pause: () => Promise<void>,
): Promise<Run> {
  const { algebra: counting, spent } = countMultiplyAdds(algebra);
  const optimizer = networkOptimizer(method, { lr: rate }, sizes.widths, { linearAlgebra: counting });
  initialise(optimizer, randomStream(seed, "shampoo-steps", "weights"));
  const batch = emptySamples(algebra, sizes.batch, samples.features.columns);
  const network = createNetwork(algebra, batch, optimizer);
  const evaluation = createNetwork(algebra, samples, optimizer);
  const stream = randomStream(seed, "shampoo-steps", "batches");
  const goal = sizes.target * Math.log(sizes.widths.at(-1) ?? 1);
  const losses = [evaluation.loss()];
  let taken = 0;
  let milliseconds = 0;
  while (taken < sizes.steps && (losses.at(-1) ?? 0) > goal) {
    drawBatch(samples, batch, stream);
    network.lossAndGradients();
    const start = performance.now();
    optimizer.step();
    milliseconds += performance.now() - start;
    taken++;
    if (taken % sizes.interval === 0) losses.push(evaluation.loss());
    await pause();
  }
  const elements = optimizer.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    losses,
    taken,
    reached: (losses.at(-1) ?? Infinity) <= goal,
    multiplyAdds: perElement * elements + (spent.products + spent.grams + spent.roots) / taken,
    milliseconds: milliseconds / taken,
  };
}

const finalLoss = ({ losses }: Run): number => losses.at(-1) ?? Number.NaN;

/** The steps to the target; more than all of `steps`, by the final loss, where it was not reached. */
const stepsWithin = (run: Run, { steps }: Sizes): number =>
  run.reached ? run.taken : steps + finalLoss(run);

/** Gupta, Koren and Singer 2018; Anil, Gupta, Koren, Regan and Singer 2020. */
export const shampooSteps = defineClaim({
  name: "shampoo-steps",
  title: "Shampoo takes fewer steps than Adam at a higher cost a step",
  claim:
    "Shampoo uses more of the curvature than Adam, so it can reach a loss in fewer steps; but a step costs more, since products and roots of matrices come with it. Whether fewer and dearer steps pay in all is not claimed.",
  setting: ({ shampoo, adam, widths, samples, batch, condition, target, steps, rates }) =>
    `A network ${widths.join("–")} with tanh on ${samples} samples, ${batch} at a step, whose features have a covariance with condition number ${condition} and whose classes come from a random network. Steps until the loss on all of them is ${target} of log(classes), at most ${steps}, by ${shampoo} and by ${adam}, each with that of the learning rates ${rates[0]} to ${rates.at(-1)} (two a decade) that needs the fewest in the mean of ${seedsOfTuning.length} seeds other than those judged. Costs are multiply-adds of an update, without the gradient's; the cost of all steps, with the gradient's, is given beside.`,
  seeds: 8,
  parameters: {
    shampoo: "shampoo",
    adam: "adam",
    widths: [32, 32, 10],
    samples: 1024,
    batch: 128,
    interval: 5,
    condition: 100,
    target: 0.25,
    steps: 400,
    rates: halfDecades(1e-2, 1),
  },
  holdsWhen: {
    steps: { quantity: "steps of Adam over steps of Shampoo", holds: { above: 1 }, scale: "log" },
    cost: {
      quantity: "multiply-adds of a Shampoo update over those of an Adam update",
      holds: { above: 1 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, { shampoo, adam, rates, ...sizes }) {
    const total = 2 * (rates.length * seedsOfTuning.length + seeds.length);
    let done = 0;
    const runsOf = async (method: string, rate: number, on: readonly number[]) => {
      const runs: Run[] = [];
      for (const seed of on) {
        const samples = drawSamples(sizes, seed);
        runs.push(await train(method, rate, samples, sizes, seed, () => progress(done / total)));
        done++;
      }
      return runs;
    };
    const tuned = async (method: string) => {
      const rate = await tune(rates, async (tried) =>
        (await runsOf(method, tried, seedsOfTuning)).map((run) => stepsWithin(run, sizes)),
      );
      return { rate, runs: await runsOf(method, rate, seeds) };
    };
    const { runs: ofShampoo, rate: rateOfShampoo } = await tuned(shampoo);
    const { runs: ofAdam, rate: rateOfAdam } = await tuned(adam);
    const stepsOf = ({ taken, reached }: Run) => (reached ? taken : sizes.steps);
    const ratio = (of: (run: Run) => number, over: readonly Run[], under: readonly Run[]) =>
      over.map((run, i) => of(run) / (under[i] === undefined ? Number.NaN : of(under[i])));
    // Forward, and the gradients of weights and of inputs, of which the first layer needs none.
    const gradient = sizes.widths
      .slice(1)
      .reduce((sum, width, i) => sum + (i === 0 ? 2 : 3) * sizes.batch * (sizes.widths[i] ?? 0) * width, 0);
    const longest = Math.max(...[...ofShampoo, ...ofAdam].map(({ losses }) => losses.length));
    const evaluations = Array.from({ length: longest }, (_, i) => i);
    // A run that has ended stays where it is.
    const curve = (name: string, of: readonly Run[]) =>
      seriesOf(
        name,
        evaluations.map((i) => i * sizes.interval),
        of.map((run) => evaluations.map((i) => run.losses[i] ?? finalLoss(run))),
      );
    const missed = [...ofShampoo, ...ofAdam].filter(({ reached }) => !reached).length;
    const fewer = ratioOf("steps of Adam over steps of Shampoo", ratio(stepsOf, ofAdam, ofShampoo));
    const inAll = ratioOf(
      "cost of all of Shampoo's steps over all of Adam's, with the gradient",
      ratio((run) => stepsOf(run) * (gradient + run.multiplyAdds), ofShampoo, ofAdam),
    );
    return {
      effects: {
        steps: ratio(stepsOf, ofAdam, ofShampoo),
        cost: ratio(({ multiplyAdds }) => multiplyAdds, ofShampoo, ofAdam),
      },
      figures: [
        figureOf(`steps of ${shampoo}`, ofShampoo.map(stepsOf)),
        figureOf(`steps of ${adam}`, ofAdam.map(stepsOf)),
        ratioOf(
          "cost of a Shampoo step over an Adam step, with the gradient",
          ratio(({ multiplyAdds }) => gradient + multiplyAdds, ofShampoo, ofAdam),
        ),
        inAll,
        { name: "runs that did not reach the target, which count with all steps", value: missed },
        ratioOf(
          "measured time of a Shampoo update over that of an Adam update",
          ratio(({ milliseconds }) => milliseconds, ofShampoo, ofAdam),
        ),
      ],
      charts: [
        {
          title: "Training loss until the target",
          x: { label: "step" },
          y: { label: "cross-entropy", log: true },
          series: [curve(shampoo, ofShampoo), curve(adam, ofAdam)],
          rules: [{ value: sizes.target * Math.log(sizes.widths.at(-1) ?? 1), label: "target" }],
        },
      ],
      tables: [
        {
          title: "Steps by seed",
          columns: [
            "seed",
            `${shampoo}, learning rate ${rateOfShampoo}`,
            `${adam}, learning rate ${rateOfAdam}`,
          ],
          rows: ofShampoo.map((run, i) => {
            const other = ofAdam[i];
            return [seeds[i] ?? 0, stepsOf(run), other === undefined ? Number.NaN : stepsOf(other)];
          }),
        },
      ],
      caveat: `Adam takes ${inWords(fewer)} times as many steps as Shampoo to the target, and Shampoo's steps cost ${inWords(inAll)} times as much as Adam's in all, the gradients counted with them.`,
    };
  },
});
