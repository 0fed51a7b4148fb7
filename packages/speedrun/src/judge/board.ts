import { type Interval, mean, pairedDifference, studentInterval } from "@steepest/bench";
import { lossesOf, type RecordedRun, type SpeedrunRecord } from "../record/record.js";
import type { Track } from "../track/track.js";
import {
  judgePair,
  judgeTarget,
  type PairwiseSide,
  type PairwiseVerdict,
  type TargetVerdict,
} from "./significance.js";

/** How a submission stands on a track. */
export type Standing = "record" | "shared" | "reached" | "missed";

/** One submission on a board. */
export interface BoardEntry {
  readonly record: SpeedrunRecord;
  /** The mean loss at the stop step, infinite where a run diverged; its interval where there are two runs. */
  readonly loss: number;
  readonly lossInterval?: Interval;
  readonly steps: number;
  /** Seconds of training on the wall, over the runs. */
  readonly seconds: number;
  /** What the track counts: steps or seconds. */
  readonly measured: number;
  readonly target: TargetVerdict;
  /**
   * `record`: shown to be the best; `shared`: the best, or not shown to be worse than it; `reached`: the
   * target, but shown to be worse than the best; `missed`: the target is not shown to be reached.
   */
  readonly standing: Standing;
  /** The best result against this one; absent for the best itself and for what missed the target. */
  readonly best?: PairwiseVerdict;
  /** This one's time over the baseline's with the same seeds, less 1; absent for the baseline. */
  readonly besideBaseline?: {
    readonly name: string;
    /** Share of the baseline's steps that it needs fewer, negative where it needs more. */
    readonly fewerSteps: number;
    /** Seconds that a run takes less than the baseline's run of the same seed. */
    readonly fewerSeconds: Interval | undefined;
  };
  /** All of it in a sentence. */
  readonly verdict: string;
}

/** A track with all that ran on it, the best first. */
export interface Board {
  readonly track: Track;
  readonly entries: readonly BoardEntry[];
}

/**
 * Judges every record of a track: whether the target is reached by the track's rule, and among those that
 * reached it the best by what the track counts, against which the others are judged pair by pair.
 */
export function makeBoard(track: Track, records: readonly SpeedrunRecord[]): Board {
  const facts = records
    .filter((record) => record.track === track.name)
    .map((record) => factsOf(track, record))
    .toSorted(
      (a, b) =>
        Number(b.target.reached) - Number(a.target.reached) ||
        (a.target.reached ? a.measured - b.measured : 0) ||
        a.loss - b.loss ||
        (a.record.submission.name < b.record.submission.name ? -1 : 1),
    );
  const [best, ...others] = facts;
  const rivals = others.filter(({ target }) => target.reached);
  const against = new Map(
    best === undefined ? [] : rivals.map((rival) => [rival, judgePair(track, side(best), side(rival))]),
  );
  const isSole = [...against.values()].every(({ better }) => better);
  return {
    track,
    entries: facts.map((entry) => {
      const pair = against.get(entry);
      const standing = standingOf(entry, pair, isSole);
      return {
        ...entry,
        standing,
        ...(pair === undefined ? {} : { best: pair }),
        verdict: verdictText(entry, standing, against),
      };
    }),
  };
}

type Facts = Omit<BoardEntry, "standing" | "best" | "verdict">;

function factsOf(track: Track, record: SpeedrunRecord): Facts {
  const { runs, settings, baseline } = record;
  const losses = lossesOf(runs);
  const loss = mean(losses);
  const seconds = mean(runs.map((run) => run.seconds));
  return {
    record,
    loss,
    ...(losses.length > 1 && Number.isFinite(loss) ? { lossInterval: studentInterval(losses) } : {}),
    steps: settings.steps,
    seconds,
    measured: track.measure === "steps" ? settings.steps : seconds,
    target: judgeTarget(track, losses),
    ...(baseline === undefined ? {} : { besideBaseline: besideBaseline(settings.steps, runs, baseline) }),
  };
}

function besideBaseline(
  steps: number,
  runs: readonly RecordedRun[],
  { name, settings, runs: others }: NonNullable<SpeedrunRecord["baseline"]>,
): NonNullable<BoardEntry["besideBaseline"]> {
  const pairs = runs.flatMap((run) => {
    const other = others.find(({ seed }) => seed === run.seed);
    return other === undefined || run.loss === null || other.loss === null
      ? []
      : [[other.seconds, run.seconds] as const];
  });
  return {
    name,
    fewerSteps: 1 - steps / settings.steps,
    fewerSeconds:
      pairs.length < 2
        ? undefined
        : pairedDifference(
            pairs.map(([other]) => other),
            pairs.map(([, own]) => own),
          ),
  };
}

const side = ({ steps, record: { submission, runs, machine } }: Facts): PairwiseSide => ({
  name: submission.name,
  steps,
  runs: runs.map((run) => ({ ...run, loss: run.loss ?? Number.POSITIVE_INFINITY })),
  machine: `${machine.processor}, ${machine.cores} cores, ${machine.workers} at a time`,
});

function standingOf({ target }: Facts, pair: PairwiseVerdict | undefined, isSole: boolean): Standing {
  if (!target.reached) return "missed";
  if (pair === undefined) return isSole ? "record" : "shared";
  return pair.better ? "reached" : "shared";
}

function verdictText(entry: Facts, standing: Standing, against: ReadonlyMap<Facts, PairwiseVerdict>): string {
  const { reason } = entry.target;
  const pair = against.get(entry);
  if (standing === "missed") return `not reached: ${reason}`;
  if (pair !== undefined)
    return `reached: ${reason}; ${pair.better ? "no record" : "not distinguishable from the best"}: ${pair.reason}`;
  const close = [...against].filter(([, { better }]) => !better);
  const shown = close.length > 0 ? close : [...against].slice(0, 1);
  const compared = shown.map((one) => `; ${one[1].reason}`).join("");
  return standing === "record"
    ? `record: ${reason}${compared}`
    : `the best, but not distinguishable from ${close.map(([rival]) => rival.record.submission.name).join(", ")}: ${reason}${compared}`;
}
