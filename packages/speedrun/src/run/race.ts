import { readPeakMemory } from "@steepest/bench";
import type { RecordedRun, SpeedrunRecord } from "../record/record.js";
import type { LoadedSubmission } from "../submission/load.js";
import { sourceHash } from "../submission/load.js";
import { currentVersions, formatLog } from "./log.js";
import { readLogLines } from "./measurements.js";
import type { Settings } from "./settings.js";
import { type FinishedRun, makeRun, type RaceContext } from "./trainings.js";

/** A submission with the settings of its runs. */
export interface Racer {
  readonly loaded: LoadedSubmission;
  readonly settings: Settings;
}

/** The submission that every other is raced beside. */
export interface Baseline extends Racer {
  /** Runs of it that stand for those of the same seeds: of the same bits, and where no time is compared. */
  readonly known?: readonly RecordedRun[];
}

/** What is raced, and how often. */
export interface RaceOptions {
  readonly racer: Racer;
  /** Run again beside it with the same seeds; absent where the racer is the baseline. */
  readonly baseline?: Baseline;
  readonly seeds: readonly number[];
  /** How the settings were found. */
  readonly tuning?: SpeedrunRecord["tuning"];
  /** Stop steps at which these seeds missed the target before. */
  readonly earlier?: SpeedrunRecord["earlier"];
  /** As 2026-11-23. */
  readonly date: string;
  readonly workers: number;
}

/** What a race leaves: its record, and a log of each run by the seed. */
export interface RaceResult {
  readonly record: SpeedrunRecord;
  readonly logs: ReadonlyMap<number, string>;
}

/**
 * Runs a submission once for each seed, and beside each run the baseline with the same seed, whose times then
 * stand under the same conditions. Where steps alone count, the baseline's runs are the same bits whenever
 * they are made on one machine, and those that are known will do.
 *
 * @throws Interruption where the executor's signal ends it; what is complete is kept and read the next time
 */
export async function raceSubmission(context: RaceContext, options: RaceOptions): Promise<RaceResult> {
  const { racer, baseline, seeds, tuning, earlier = [], date, workers } = options;
  const { track } = context;
  const { name, title, cite } = racer.loaded.submission;
  const beside = track.measure === "seconds" ? `beside_${name}` : "final";

  const one = ({ loaded, settings }: Racer, seed: number, purpose: string): Promise<FinishedRun> => {
    const label = `${loaded.submission.name}, ${settings.steps} steps, seed ${seed}`;
    return makeRun(context, loaded, settings, { seed, purpose: `${purpose}_${seed}`, label, course: true });
  };
  const ofBaseline = async (against: Baseline, seed: number): Promise<RecordedRun> =>
    against.known?.find((run) => run.seed === seed) ?? recordedRun(await one(against, seed, beside));
  const pairs = await Promise.all(
    seeds.map((seed) =>
      Promise.all([
        one(racer, seed, "final"),
        baseline === undefined ? undefined : ofBaseline(baseline, seed),
      ]),
    ),
  );
  const own = pairs.map(([run]) => run);
  const others = pairs.flatMap(([, run]) => (run === undefined ? [] : [run]));

  const versions = currentVersions();
  const { processor, cores, platform, node, onnxruntime } = versions;
  const record: SpeedrunRecord = {
    version: 1,
    track: track.name,
    submission: { name, title, cite, sourceHash: sourceHash(racer.loaded) },
    date,
    settings: racer.settings,
    ...(tuning === undefined ? {} : { tuning }),
    ...(earlier.length === 0 ? {} : { earlier }),
    runs: await Promise.all(own.map(recordedRun)),
    ...(baseline === undefined
      ? {}
      : {
          baseline: {
            name: baseline.loaded.submission.name,
            settings: baseline.settings,
            runs: others,
          },
        }),
    machine: { processor, cores, platform, node, onnxruntime, workers },
  };
  const logs = new Map<number, string>();
  const source = sourceText(context, racer);
  for (const { seed, folder, outcome } of own) {
    if (outcome.kind !== "completed") continue;
    const lines = await readLogLines(folder);
    const peakResidentBytes = await readPeakMemory(folder);
    logs.set(seed, formatLog({ source, versions, steps: racer.settings.steps, lines, peakResidentBytes }));
  }
  return { record, logs };
}

/** All that decides a run, as its log has it: the submission's code, the settings and the track. */
const sourceText = ({ track }: RaceContext, { loaded, settings }: Racer): string =>
  [loaded.source, `// settings: ${JSON.stringify(settings)}`, `// track: ${JSON.stringify(track)}`].join(
    "\n\n",
  );

async function recordedRun({ seed, folder, outcome }: FinishedRun): Promise<RecordedRun> {
  if (outcome.kind === "diverged") return { seed, loss: null, seconds: 0, cpuSeconds: 0, evaluations: [] };
  const { validation, seconds, cpuSeconds, parametersHash } = outcome.result;
  const peakResidentBytes = await readPeakMemory(folder);
  const lines = await readLogLines(folder);
  return {
    ...{ seed, loss: validation.loss, seconds, cpuSeconds },
    ...(peakResidentBytes === undefined ? {} : { peakResidentBytes }),
    parametersHash,
    evaluations: lines.flatMap((line): [number, number, number][] =>
      line.kind === "evaluation" ? [[line.step, line.seconds, line.loss]] : [],
    ),
  };
}
