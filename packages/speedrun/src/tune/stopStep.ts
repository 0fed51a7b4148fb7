/** A training's length and the loss that it came to; infinity where it diverged. */
export interface Training {
  readonly steps: number;
  readonly loss: number;
}

/** Where the stop step is sought. */
export interface StopSearch {
  /** The loss to come to. */
  readonly goal: number;
  /** Most steps. */
  readonly cap: number;
  /** Stop steps are multiples of it. */
  readonly multiple: number;
}

/** What the trainings so far say of the stop step. */
export interface StopEstimate {
  readonly steps: number;
  /** Whether the cap seems too few: only a training of that length can tell. */
  readonly beyondCap: boolean;
  /** Whether a training near it has been made, so that a further one would say little. */
  readonly settled: boolean;
}

/** An estimate within this share of a training's length is settled: there the line is short enough. */
const near = 0.08;

/**
 * The length whose training would come to the goal: on the line of the loss over ln(steps) through the two
 * trainings between which the goal lies, else the two nearest to it. Of one training alone nothing is known
 * but that its length is too small or too large: twice or half of it.
 */
export function estimateStopStep(
  trainings: readonly Training[],
  { goal, cap, multiple }: StopSearch,
): StopEstimate {
  const [first, ...rest] = trainings
    .filter(({ loss }) => Number.isFinite(loss))
    .toSorted((a, b) => a.steps - b.steps);
  if (first === undefined) return { steps: cap, beyondCap: true, settled: true };
  const exact = rest.length === 0 ? fromOne(first, goal) : onLine([first, ...rest], goal);
  // Up to the next multiple; what is one already, but for rounding, stays.
  const rounded = multiple * Math.max(1, Math.ceil(exact / multiple - 1e-9));
  const steps = Math.min(cap, rounded);
  return {
    steps,
    beyondCap: rounded > cap,
    settled: trainings.some((training) => Math.abs(training.steps - steps) <= near * steps),
  };
}

const fromOne = ({ steps, loss }: Training, goal: number): number => (loss > goal ? 2 * steps : steps / 2);

/** @param trainings two or more, in the order of their lengths */
function onLine(trainings: readonly Training[], goal: number): number {
  const [a, b] = ends(trainings, goal);
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  const slope = (b.loss - a.loss) / (Math.log(b.steps) - Math.log(a.steps));
  // More steps that do not help promise nothing.
  if (!(slope < 0)) return Number.POSITIVE_INFINITY;
  return Math.exp(Math.log(b.steps) + (goal - b.loss) / slope);
}

/** The trainings through which the line goes. */
function ends(
  trainings: readonly Training[],
  goal: number,
): readonly [Training | undefined, Training | undefined] {
  const above = trainings.filter(({ loss }) => loss > goal);
  const below = trainings.filter(({ loss }) => loss <= goal);
  const [longest, shortest] = [above.at(-1), below[0]];
  if (longest === undefined) return [below[0], below[1]];
  if (shortest === undefined) return [above.at(-2), above.at(-1)];
  // Where luck has put a longer training above the goal and a shorter one below, all of them decide.
  return longest.steps < shortest.steps ? [longest, shortest] : [trainings[0], trainings.at(-1)];
}
