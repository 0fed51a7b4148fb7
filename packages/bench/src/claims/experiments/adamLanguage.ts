import { wasmLinearAlgebra } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { mean } from "../../statistics/descriptive.js";
import { defineClaim } from "../claim.js";
import { figureOf, inWords, seriesOf } from "../findings.js";
import { halfDecades } from "../problems/grid.js";
import { createNetwork, networkOptimizer, type Samples, zeros } from "../problems/network.js";
import { tune } from "../tuning.js";

/**
 * How often classes occur: half as often each time their number doubles, which is Zipf's law in steps, or all
 * alike.
 */
const problems = ["heavy-tailed", "balanced"] as const;

type Problem = (typeof problems)[number];

/** The classes of a size m: for i < m, 2ⁱ classes with 2^(m−i) samples each, m 2^m samples in all. */
const classesOf = (size: number): number => 2 ** size - 1;

/** How many times more samples the most frequent class has than the rarest. */
const imbalanceOf = (size: number): number => 2 ** (size - 1);

/** Learning rates are chosen on these, and judged on others. */
const seedsOfTuning = [1001, 1002];

const algebra = wasmLinearAlgebra();

/**
 * The data of Kunstner et al.: features uniform on [0, 1], more of them than samples, and labels that have
 * nothing to do with them but can be learnt by heart, frequent and rare ones alike.
 */
function drawSamples(problem: Problem, size: number, seed: number): Samples {
  const stream = randomStream(seed, "adam-language", size);
  const count = size * 2 ** size;
  const features = zeros(algebra, count, (size + 1) * 2 ** size);
  for (let i = 0; i < features.values.length; i++) features.values[i] = stream.uniform();
  const heavyTailed = Array.from({ length: classesOf(size) }, (_, k) =>
    new Array<number>(2 ** (size - Math.floor(Math.log2(k + 1)))).fill(k),
  ).flat();
  const labels = Int32Array.from(heavyTailed, (label, i) =>
    problem === "balanced" ? i % classesOf(size) : label,
  );
  return { features, labels };
}

/**
 * Losses before each step and after the last: of all samples, and of those of the rarest classes, which are
 * half of all classes.
 */
interface Run {
  readonly all: readonly number[];
  readonly rare: readonly number[];
}

/** Trains softmax regression from zero on all samples at once, so without noise. */
async function train(
  method: string,
  rate: number,
  samples: Samples,
  steps: number,
  pause: () => Promise<void>,
): Promise<Run> {
  const classes = Math.max(...samples.labels) + 1;
  const optimizer = networkOptimizer(method, { lr: rate }, [samples.features.columns, classes]);
  const network = createNetwork(algebra, samples, optimizer);
  const [all, rare]: [number[], number[]] = [[], []];
  for (let step = 0; step <= steps; step++) {
    if (step > 0) optimizer.step();
    all.push(network.lossAndGradients());
    rare.push(mean([...network.sampleLosses].filter((_, i) => 2 * (samples.labels[i] ?? 0) >= classes - 1)));
    await pause();
  }
  return { all, rare };
}

const last = (losses: readonly number[]): number => losses.at(-1) ?? Number.NaN;

/** A method on a problem with the learning rate that suited it on the seeds of tuning: one run a seed. */
interface Tuned {
  readonly problem: Problem;
  readonly method: string;
  readonly rate: number;
  readonly runs: readonly Run[];
}

/** The loss of `sgd` minus that of `adam` for each seed, in units of the loss at zero weights. */
function advantage(results: readonly Tuned[], problem: Problem, sgd: string, adam: string, size: number) {
  const finals = (method: string) =>
    results
      .filter((result) => result.problem === problem && result.method === method)
      .flatMap(({ runs }) => runs.map(({ all }) => last(all)));
  const ofAdam = finals(adam);
  return finals(sgd).map((loss, i) => (loss - (ofAdam[i] ?? Number.NaN)) / Math.log(classesOf(size)));
}

/**
 * Kunstner, Yadav, Milligan, Schmidt and Bietti 2024, "Heavy-tailed class imbalance and why Adam outperforms
 * gradient descent on language models".
 */
export const adamLanguage = defineClaim({
  name: "adam-language",
  title: "Adam's early advantage on language comes from heavy-tailed classes",
  claim:
    "Where a few classes are frequent and most are rare, like the words of a language, Adam trains faster than SGD, which makes slow progress on the rare ones. Where all classes are equally frequent, like those of image sets, it does not. All this within a short horizon: if the most frequent class is 32 times as frequent as the rarest, within 32 steps.",
  setting: ({ sgd, plain, adam, sizes, longer, rates }) => {
    const size = sizes.at(-1) ?? 0;
    return `Softmax regression from zero weights on ${size * 2 ** size} samples at once, ${(size + 1) * 2 ** size} features uniform on [0, 1], ${classesOf(size)} classes: each with half as many samples as their number doubles (the most frequent ${imbalanceOf(size)} times as many as the rarest), or equally many. The horizon is ${imbalanceOf(size)} steps, as many as the classes are unequal. By ${sgd}, which decides, by ${plain} beside it and by ${adam}, each with that of the learning rates ${rates[0]} to ${rates.at(-1)} (two a decade) whose mean final loss is smallest on ${seedsOfTuning.length} seeds other than those judged, chosen for each horizon anew. An advantage is the final training loss of ${sgd} minus that of ${adam}, in units of the loss of the start. Beside it, with an imbalance of ${imbalanceOf(longer.size)}, ${longer.factor} times as long a horizon.`;
  },
  seeds: 6,
  parameters: {
    /** SGD as networks are trained with it: what Adam is judged against. */
    sgd: "momentum",
    plain: "sgd",
    adam: "adam",
    /** Sizes m of the data; the last is judged. */
    sizes: [4, 5, 6],
    /** Beside them: a size that is trained for this many times more steps. */
    longer: { size: 5, factor: 8 },
    rates: halfDecades(10 ** -2.5, 1e1),
  },
  holdsWhen: {
    heavyTailed: {
      quantity: "advantage of Adam at the horizon, as many steps as the imbalance, with heavy-tailed classes",
      holds: { above: 0.05 },
    },
    balanced: {
      quantity: "advantage of Adam at the same horizon with balanced classes",
      holds: { below: 0.05 },
    },
  },
  async run({ seeds, progress }, { sgd, plain, adam, sizes, longer, rates }) {
    const methods = [...new Set([sgd, plain, adam])];
    const experiments = [
      ...sizes.map((size) => ({ size, steps: imbalanceOf(size) })),
      { size: longer.size, steps: longer.factor * imbalanceOf(longer.size) },
    ];
    // A step multiplies samples × features × classes.
    const workOf = (size: number) => 8 ** size * size * (size + 1);
    const total = experiments.reduce((sum, { size, steps }) => sum + workOf(size) * (steps + 1), 0);
    let done = 0;

    const results: Tuned[][] = [];
    for (const { size, steps } of experiments) {
      const runsOfEach = rates.length * seedsOfTuning.length + seeds.length;
      const each = workOf(size) / (total * problems.length * methods.length * runsOfEach);
      const pause = () => {
        done += each;
        return progress(done);
      };
      const tuned: Tuned[] = [];
      for (const problem of problems) {
        const draw = (seed: number) => drawSamples(problem, size, seed);
        const [forTuning, judged] = [seedsOfTuning.map(draw), seeds.map(draw)];
        for (const method of methods) {
          const runsWith = async (rate: number, samples: readonly Samples[]) => {
            const runs: Run[] = [];
            for (const one of samples) runs.push(await train(method, rate, one, steps, pause));
            return runs;
          };
          const rate = await tune(rates, async (tried) =>
            (await runsWith(tried, forTuning)).map(({ all }) => last(all)),
          );
          tuned.push({ problem, method, rate, runs: await runsWith(rate, judged) });
        }
      }
      results.push(tuned);
    }

    const judged = sizes.length - 1;
    const size = sizes[judged] ?? 0;
    const main = results[judged] ?? [];
    const of = (place: number, problem: Problem, over = sgd) =>
      advantage(results[place] ?? [], problem, over, adam, experiments[place]?.size ?? 0);
    const laterName = `advantage over ${sgd} with heavy-tailed classes at ${longer.factor} times the horizon, with an imbalance of ${imbalanceOf(longer.size)}`;
    // Steps make up for frequencies in the end: the advantage is one of time.
    const later = figureOf(laterName, of(sizes.length, "heavy-tailed"));
    const overPlain = problems.map((problem) =>
      figureOf(`advantage over ${plain}, ${problem}`, of(judged, problem, plain)),
    );
    const early = figureOf("advantage at the horizon", of(judged, "heavy-tailed"));
    const chart = (title: string, problem: Problem, part: keyof Run) => ({
      title,
      x: { label: "step" },
      y: { label: "cross-entropy", log: true },
      series: main
        .filter((result) => result.problem === problem)
        .map(({ method, rate, runs }) =>
          seriesOf(
            `${method}, learning rate ${rate}`,
            Array.from({ length: imbalanceOf(size) + 1 }, (_, step) => step),
            runs.map((run) => run[part]),
          ),
        ),
    });
    return {
      effects: { heavyTailed: of(judged, "heavy-tailed"), balanced: of(judged, "balanced") },
      figures: [
        later,
        ...overPlain,
        ...main.flatMap(({ problem, method, runs }) => [
          figureOf(
            `final loss of ${method}, ${problem}`,
            runs.map(({ all }) => last(all)),
          ),
          figureOf(
            `final loss of ${method}, ${problem}, the rarer half of the classes`,
            runs.map(({ rare }) => last(rare)),
          ),
        ]),
      ],
      caveat: `The verdict is about ${imbalanceOf(size)} steps, where the advantage is ${inWords(early)} of the first loss; at ${longer.factor} times the horizon, with an imbalance of ${imbalanceOf(longer.size)} and ${longer.factor * imbalanceOf(longer.size)} steps, it is ${inWords(later)}. Over ${plain} instead of ${sgd} it is ${overPlain.map(inWords).join(" with heavy-tailed and ")} with balanced classes.`,
      charts: [
        chart("Heavy-tailed classes", "heavy-tailed", "all"),
        chart("Balanced classes", "balanced", "all"),
        chart("Heavy-tailed classes: samples of the rarer half of the classes", "heavy-tailed", "rare"),
      ],
      tables: [
        {
          title: "Advantage of Adam by imbalance and number of steps, means over the seeds",
          columns: [
            ...["imbalance", "steps"],
            ...[sgd, plain].flatMap((over) => problems.map((problem) => `over ${over}, ${problem}`)),
          ],
          rows: experiments.map((experiment, place) => [
            imbalanceOf(experiment.size),
            experiment.steps,
            ...problems.map((problem) => mean(of(place, problem))),
            ...problems.map((problem) => mean(of(place, problem, plain))),
          ]),
        },
        {
          title: "Learning rates chosen",
          columns: ["imbalance", "steps", "classes", "method", "learning rate"],
          rows: experiments.flatMap((experiment, place) =>
            (results[place] ?? []).map(({ problem, method, rate }) => [
              ...[imbalanceOf(experiment.size), experiment.steps, problem, method, rate],
            ]),
          ),
        },
      ],
    };
  },
});
