import { SteepestError } from "@steepest/optim";
import { type Measurement, train } from "@steepest/train";
import {
  directionOf,
  isBetter,
  type MeasuredTarget,
  type Metric,
  metricOf,
  reaches,
  type Workload,
} from "@steepest/workloads";
import { parseEntrant } from "../comparison/entrant.js";
import { median } from "../statistics/descriptive.js";
import { quasiRandomSearch } from "../tuning/searchSpace.js";
import type { Baseline } from "./baselines.js";

/** How much is spent on a target. */
export interface TargetSearch {
  /** The methods that are tuned. */
  readonly baselines: readonly Baseline[];
  /** Quasi-random points of each. */
  readonly trials: number;
  /** Runs of the best point, each with another seed. */
  readonly repetitions: number;
  /** Gets a line now and then. Default: nobody hears it. */
  readonly notify?: (line: string) => void;
}

/** The best that a run got on each split, each wherever it was; NaN where there was none. */
export interface Achieved {
  readonly validation: number;
  readonly test: number;
}

/**
 * By how much a budget is longer than the runs that set its target: what takes four times as long as the
 * fastest is outside of AlgoPerf's performance profiles in any case. AlgoPerf has 4/3, but its submissions
 * were tuned on its workloads, while the published settings that run on ours never saw them.
 */
const slack = 4;

/** The seed of the search; the repetitions have the seeds from 1 on. */
const searchSeed = 0;

/**
 * Measures a workload's target as AlgoPerf does (Dahl et al. 2023, section 4.2): each baseline is tuned by
 * quasi-random search in runs of a quarter of the budget; the one point with the best validation metric is
 * run again with other seeds. The validation target is the median over these of the best that each got;
 * the test target is the worst of the best test metrics among those that reach it.
 * @throws SteepestError `invalid-value` where the workload has no budget, `non-finite` where every run of the
 *   search diverges
 */
export async function measureTarget(workload: Workload, search: TargetSearch): Promise<MeasuredTarget> {
  const { notify = () => undefined } = search;
  const run = await runsOf(workload, notify);
  const { metric } = workload.target;
  const bests: { readonly name: string; readonly entrant: string; readonly value: number }[] = [];
  for (const { name, space, entrant } of search.baselines) {
    let best: (typeof bests)[number] | undefined;
    for (const point of quasiRandomSearch(space, search.trials)) {
      const text = entrant(point);
      const { validation: value } = await run(text, searchSeed, "validation");
      if (!Number.isNaN(value) && (best === undefined || isBetter(metric, value, best.value)))
        best = { name, entrant: text, value };
    }
    notify(
      `${workload.name}: ${best === undefined ? `every run of ${name} diverged` : `${best.entrant}: ${best.value}`}`,
    );
    if (best !== undefined) bests.push(best);
  }
  bests.sort((a, b) => bestFirst(metric, a.value, b.value));
  const [winner] = bests;
  if (winner === undefined)
    throw new SteepestError(
      "non-finite",
      `${workload.name}: every run of the search diverged`,
      "Scale the workload so that usual learning rates suit it",
    );
  const repeated: Achieved[] = [];
  for (let seed = 1; seed <= search.repetitions; seed++)
    repeated.push(await run(winner.entrant, seed, "validation and test"));
  return {
    ...targetOf(metric, repeated),
    by: winner.entrant,
    ranking: bests.map(({ name }) => name),
    trials: search.trials,
    repetitions: search.repetitions,
  };
}

/** What is looked at as a run goes on: the search has no use for the test split. */
type Splits = "validation" | "validation and test";

/** Runs of one workload, whose data are loaded once. */
async function runsOf(
  workload: Workload,
  notify: (line: string) => void,
): Promise<(entrant: string, seed: number, splits: Splits) => Promise<Achieved>> {
  const { budget, target } = workload;
  if (budget === undefined)
    throw new SteepestError(
      "invalid-value",
      `${workload.name} has no budget, so that nobody knows how long its target may take`,
      "Give the workload a budget of steps",
    );
  const loaded = await workload.load({ notify });
  const steps = Math.round(budget.steps / slack);
  return async (entrant, seed, splits) => {
    const { optimizer, schedule } = parseEntrant(entrant, steps);
    const measurements = train({
      workload: { ...workload, load: async () => loaded },
      optimizer,
      ...(schedule === undefined ? {} : { schedule }),
      ...{ steps, seed, evaluateEvery: budget.evaluateEvery, reportEvery: budget.evaluateEvery },
      // A target on test has it evaluated as often as validation; none ends the run.
      ...(splits === "validation" ? {} : { target: target.value, testTarget: target.value }),
      stopAtTarget: false,
    });
    return bestOf(measurements, workload);
  };
}

async function bestOf(measurements: AsyncIterable<Measurement>, workload: Workload): Promise<Achieved> {
  const { metric } = workload.target;
  const better = (value: number, than: number) =>
    Number.isNaN(than) || isBetter(metric, value, than) ? value : than;
  let best: Achieved = { validation: Number.NaN, test: Number.NaN };
  try {
    for await (const measurement of measurements) {
      if (measurement.kind !== "evaluation") continue;
      const { validation, test = {} } = measurement;
      best = {
        validation: better(metricOf(validation, metric), best.validation),
        test: better(metricOf(test, metric), best.test),
      };
    }
  } catch (error) {
    // A run that diverges keeps what it got before, as in AlgoPerf's logs.
    if (!(error instanceof SteepestError) || error.code !== "non-finite") throw error;
  }
  return best;
}

/** The order of values of a metric, best first. */
const bestFirst = (metric: Metric, a: number, b: number): number =>
  isBetter(metric, a, b) ? -1 : isBetter(metric, b, a) ? 1 : 0;

/** The targets that repeated runs of one point set. */
export function targetOf(
  metric: Metric,
  runs: readonly Achieved[],
): Pick<MeasuredTarget, "validation" | "test"> {
  const worst = directionOf[metric] === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const measured = runs.map(({ validation }) => (Number.isNaN(validation) ? worst : validation));
  const validation = eased(metric, median(measured));
  const tests = runs
    .filter((run) => reaches(metric, run.validation, validation))
    .map(({ test }) => test)
    .toSorted((a, b) => bestFirst(metric, a, b));
  return { validation, test: eased(metric, tests.at(-1) ?? Number.NaN) };
}

/** Six digits of a target, never harder than all of them. */
function eased(metric: Metric, value: number): number {
  if (!Number.isFinite(value) || Number(value.toPrecision(6)) === value) return value;
  const digits = 5 - Math.floor(Math.log10(Math.abs(value)));
  const round = directionOf[metric] === "min" ? Math.ceil : Math.floor;
  return Number(`${round(value * 10 ** digits)}e${-digits}`);
}
