import { formatOptimizerSpec, type OptimizerSpec } from "@steepest/optim";
import {
  type LearningRate,
  openLearningRate,
  type RaceOptions,
  race,
  type Trajectory,
} from "@steepest/train";
import type { Landscape } from "@steepest/workloads";
import { quasiRandomSearch } from "./searchSpace.js";

/** How many learning rates are tried where nobody says. */
export const defaultRacePoints = 24;

/** The part of the points that go over the whole range; the rest lies around the best of them. */
const coarseShare = 2 / 3;
/** How far around the best, as a factor to either side: half a decade. */
const refinement = Math.sqrt(10);

/** The learning rates that are sought: six decades around those in use. */
export const raceRange = ({
  isFactor,
}: Pick<LearningRate, "isFactor">): { readonly min: number; readonly max: number } =>
  isFactor ? { min: 1e-3, max: 1e3 } : { min: 1e-5, max: 10 };

/** What a search for the learning rate of one optimizer found. */
export interface TunedRacer {
  /** The optimizer as it was asked for. */
  readonly label: string;
  /** Absent for a method without one, and where the specification names it. */
  readonly learningRate?: number;
  /** Runs that the search took. */
  readonly runs: number;
}

/**
 * Seeks the learning rate of each optimizer of a race, with equally many runs for all: quasi-random points of
 * six decades on a logarithmic scale, the same for all, then of the decade around the best of them. Best is
 * who ends within the threshold, and of these who came there first; else who ends lowest. A path that crosses
 * the threshold and leaves again gains nothing by it. The same arguments give the same answers.
 *
 * @throws SteepestError as `race`, and `invalid-value` where `points` is no count
 */
export function* tuneRace(
  landscape: Landscape,
  specs: readonly OptimizerSpec[],
  points: number = defaultRacePoints,
  options: Omit<RaceOptions, "tuned" | "learningRate" | "coordinates"> = {},
): Generator<TunedRacer, void> {
  for (const spec of specs) {
    const label = formatOptimizerSpec(spec);
    const open = openLearningRate(spec);
    if (open === undefined) {
      yield { label, runs: 0 };
      continue;
    }
    const runAt = (learningRate: number): Trial | undefined => {
      const settings = { ...options, coordinates: 0, tuned: { [label]: learningRate } };
      const [trajectory] = race(landscape, [spec], settings);
      return trajectory && { learningRate, trajectory };
    };
    const range = raceRange(open);
    const coarse = Math.max(1, Math.ceil(points * coarseShare));
    const first = bestOf(learningRates(range, coarse).map(runAt), undefined);
    const around = first?.learningRate ?? range.min;
    const fine = learningRates({ min: around / refinement, max: around * refinement }, points - coarse);
    const best = bestOf(fine.map(runAt), first);
    yield { label, runs: points, ...(best === undefined ? {} : { learningRate: best.learningRate }) };
  }
}

interface Trial {
  readonly learningRate: number;
  readonly trajectory: Trajectory;
}

const learningRates = (range: { readonly min: number; readonly max: number }, count: number) =>
  // Four digits say all that so few points can know, and keep tables readable.
  quasiRandomSearch({ lr: { scaling: "log", ...range } }, count).map(({ lr }) =>
    Number((lr ?? range.min).toPrecision(4)),
  );

/**
 * The best of the trials, the known one among them; undefined where all diverge, which none can be chosen
 * from.
 */
const bestOf = (trials: readonly (Trial | undefined)[], known: Trial | undefined): Trial | undefined =>
  trials.reduce<Trial | undefined>(
    (best, trial) => (trial === undefined || !isBetter(trial.trajectory, best?.trajectory) ? best : trial),
    known,
  );

function isBetter(trajectory: Trajectory, than: Trajectory | undefined): boolean {
  if (trajectory.outcome.kind === "diverged") return false;
  if (than === undefined) return true;
  const [steps, others] = [stepsOf(trajectory), stepsOf(than)];
  return steps < others || (steps === others && trajectory.finalValue < than.finalValue);
}

/** Steps to the threshold of a run that ends within it. */
const stepsOf = ({ outcome, endsWithin }: Trajectory): number =>
  outcome.kind === "solved" && endsWithin ? outcome.step : Number.POSITIVE_INFINITY;
