import { wasmLinearAlgebra } from "@steepest/optim";
import { type RandomStream, randomStream } from "@steepest/random";
import { mean } from "../../statistics/descriptive.js";
import { slope } from "../../statistics/regression.js";
import { defineClaim } from "../claim.js";
import { figureOf, ratioOf, seriesOf } from "../findings.js";
import { halfDecades, minimiserOf } from "../problems/grid.js";
import {
  createNetwork,
  drawBatch,
  emptySamples,
  initialise,
  networkOptimizer,
  type Samples,
} from "../problems/network.js";

interface Sizes {
  readonly dimension: number;
  readonly hidden: number;
  readonly classes: number;
  /** Share of training labels that are random. */
  readonly noise: number;
  readonly trained: number;
  readonly validated: number;
  readonly batch: number;
  readonly steps: number;
}

const algebra = wasmLinearAlgebra();

/** Normal features; the class is the largest of linear scores, or with probability `noise` a random one. */
function drawSamples(
  count: number,
  noise: number,
  scores: Float64Array,
  sizes: Sizes,
  stream: RandomStream,
): Samples {
  const { dimension, classes } = sizes;
  const samples = emptySamples(algebra, count, dimension);
  const { features, labels } = samples;
  for (let i = 0; i < features.values.length; i++) features.values[i] = stream.normal();
  for (let i = 0; i < count; i++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      let score = 0;
      for (let j = 0; j < dimension; j++)
        score += (features.values[i * dimension + j] ?? 0) * (scores[k * dimension + j] ?? 0);
      if (score > best) [best, labels[i]] = [score, k];
    }
    if (stream.uniform() < noise) labels[i] = stream.integer(classes);
  }
  return samples;
}

/** What the runs of a seed share. */
interface Data {
  readonly trained: Samples;
  readonly validated: Samples;
}

function drawData(sizes: Sizes, seed: number): Data {
  const { normal } = randomStream(seed, "adamw-decoupled", "scores");
  const scores = Float64Array.from({ length: sizes.classes * sizes.dimension }, normal);
  const draw = (count: number, what: string) =>
    drawSamples(count, sizes.noise, scores, sizes, randomStream(seed, "adamw-decoupled", what));
  return { trained: draw(sizes.trained, "trained"), validated: draw(sizes.validated, "validated") };
}

/** The validation loss after training in mini-batches, the same for all methods of a seed. */
function validationLoss(
  method: string,
  lr: number,
  weightDecay: number,
  { trained, validated }: Data,
  sizes: Sizes,
  seed: number,
  gradientScale = 1,
): number {
  const { dimension, hidden, classes, batch, steps } = sizes;
  const optimizer = networkOptimizer(method, { lr, weightDecay }, [dimension, hidden, classes]);
  initialise(optimizer, randomStream(seed, "adamw-decoupled", "weights"));
  const samples = emptySamples(algebra, batch, dimension);
  const network = createNetwork(algebra, samples, optimizer);
  const stream = randomStream(seed, "adamw-decoupled", "batches");
  for (let step = 0; step < steps; step++) {
    drawBatch(trained, samples, stream);
    network.lossAndGradients();
    for (const { name } of optimizer.parameters) {
      const gradient = optimizer.gradient(name);
      for (let i = 0; i < gradient.length; i++) gradient[i] = gradientScale * (gradient[i] ?? 0);
    }
    optimizer.step();
  }
  return createNetwork(algebra, validated, optimizer).loss();
}

/** The validation losses of one method: by learning rate, by decay, then by seed. */
type Losses = readonly (readonly (readonly number[])[])[];

/** log₁₀ of the decay with the least validation loss, by learning rate, for one seed. */
const bestDecays = (losses: Losses, decays: readonly number[], seed: number): readonly number[] =>
  losses.map((row) =>
    minimiserOf(
      decays.map(Math.log10),
      row.map((seeds) => seeds[seed] ?? Number.NaN),
    ),
  );

/**
 * Loshchilov and Hutter 2017, section 4 and figure 2. In the lecture's form both decays are multiplied by the
 * learning rate, which so sets the pace at which gradient and decay come to their balance, not the balance;
 * what moves the best L2 term is the size of the gradients, which Adam divides it by. The paper's AdamW does
 * not multiply its decay: by its own measure of decay the slope is one more.
 */
export const adamwDecoupled = defineClaim({
  name: "adamw-decoupled",
  title: "AdamW's optimal weight decay does not depend on the step size",
  claim:
    "An L2 term in Adam's gradient is divided by √v̂ like the rest of it, so the weight decay that generalises best depends on the step size. AdamW takes the decay out of the division, and the best decay no longer depends on the step size.",
  setting: ({
    decoupled,
    coupled,
    rates,
    decays,
    dimension,
    hidden,
    classes,
    noise,
    trained,
    validated,
    batch,
    steps,
  }) =>
    `A network ${dimension}–${hidden}–${classes} with tanh, trained on ${trained} samples of which ${100 * noise} % have random labels, for ${steps} steps with ${batch} samples each, by ${decoupled} and by ${coupled} with every learning rate of ${rates.join(", ")} and every decay from ${decays[0]} to ${decays.at(-1)} (two a decade). The best decay has the least loss on ${validated} other samples; its slope is that of the line through log(best decay) over log(learning rate), 0 where it does not depend on it, −1 where only their product matters.`,
  seeds: 4,
  parameters: {
    decoupled: "adamw",
    coupled: "adam-l2",
    rates: halfDecades(1e-3, 1e-1),
    decays: halfDecades(1e-2, 10 ** 1.5),
    dimension: 32,
    hidden: 32,
    classes: 4,
    noise: 0.3,
    trained: 128,
    validated: 1024,
    batch: 16,
    steps: 500,
    /** Beside the grid: at one learning rate, all gradients are multiplied by this. */
    scaled: { rate: 0.01, factor: 10 },
  },
  holdsWhen: {
    decoupled: {
      quantity: "slope of log(best decay) over log(learning rate), AdamW",
      holds: { between: [-0.5, 0.5] },
    },
    coupled: { quantity: "size of that slope for Adam with L2", holds: { above: 0.5 } },
  },
  async run({ seeds, progress }, { decoupled, coupled, rates, decays, scaled, ...sizes }) {
    const data = seeds.map((seed) => drawData(sizes, seed));
    const methods = [decoupled, coupled];
    const total = methods.length * (rates.length + 1) * decays.length * seeds.length;
    let done = 0;
    const byDecay = async (method: string, rate: number, factor: number) => {
      const row: number[][] = [];
      for (const decay of decays) {
        const cell: number[] = [];
        for (const [i, one] of data.entries()) {
          cell.push(validationLoss(method, rate, decay, one, sizes, seeds[i] ?? 0, factor));
          await progress(++done / total);
        }
        row.push(cell);
      }
      return row;
    };
    const grids: { method: string; losses: Losses; scaled: Losses }[] = [];
    for (const method of methods) {
      const losses: number[][][] = [];
      for (const rate of rates) losses.push(await byDecay(method, rate, 1));
      grids.push({ method, losses, scaled: [await byDecay(method, scaled.rate, scaled.factor)] });
    }
    const bestOf = grids.map(({ losses }) => seeds.map((_, i) => bestDecays(losses, decays, i)));
    const slopes = bestOf.map((curves) => curves.map((curve) => slope(rates.map(Math.log10), curve)));
    const [ofDecoupled = [], ofCoupled = []] = slopes;
    return {
      effects: { decoupled: ofDecoupled, coupled: ofCoupled.map(Math.abs) },
      figures: [
        figureOf(`slope of log(best decay) over log(learning rate), ${coupled}`, ofCoupled),
        // With λ′ = αλ in place of αλ, the best λ′ is α times the best λ: its slope is greater by 1.
        figureOf(
          `slope for ${decoupled} with a decay that the learning rate does not multiply, the paper's form`,
          ofDecoupled.map((one) => one + 1),
        ),
        ...grids.map(({ method, scaled: rows }, place) =>
          ratioOf(
            `factor of the best decay of ${method} where all gradients are ${scaled.factor} times as large`,
            (bestOf[place] ?? []).map((curve, i) => {
              const [best = Number.NaN] = bestDecays(rows, decays, i);
              return 10 ** (best - (curve[rates.indexOf(scaled.rate)] ?? Number.NaN));
            }),
          ),
        ),
        ...grids.map(({ method, losses }) =>
          figureOf(
            `least validation loss of ${method} on the grid`,
            seeds.map((_, i) =>
              Math.min(
                ...losses
                  .flat()
                  .map((cell) => cell[i] ?? Infinity)
                  .filter(Number.isFinite),
              ),
            ),
          ),
        ),
      ],
      charts: [
        {
          title: "Best decay by learning rate",
          x: { label: "learning rate", log: true },
          y: { label: "decay with the least validation loss", log: true },
          series: methods.map((method, place) =>
            seriesOf(
              method,
              rates,
              (bestOf[place] ?? []).map((curve) => curve.map((log) => 10 ** log)),
              { dots: true },
            ),
          ),
        },
        ...grids.map(({ method, losses }) => ({
          title: `Validation loss of ${method}`,
          x: { label: "weight decay", log: true },
          y: { label: "validation loss" },
          series: rates.map((rate, place) =>
            seriesOf(
              `learning rate ${rate}`,
              decays,
              seeds.map((_, i) => (losses[place] ?? []).map((cell) => cell[i] ?? Number.NaN)),
            ),
          ),
        })),
      ],
      tables: grids.map(({ method, losses }) => ({
        title: `Validation loss of ${method}, mean over the seeds`,
        columns: ["learning rate", ...decays.map((decay) => `decay ${decay}`)],
        rows: rates.map((rate, place) => [rate, ...(losses[place] ?? []).map((cell) => mean(cell))]),
      })),
    };
  },
});
