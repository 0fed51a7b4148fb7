import { join } from "node:path";
import { judgeTarget } from "./judge/significance.js";
import { writeRecord } from "./record/files.js";
import { lossesOf, type RecordedRun, type SpeedrunRecord } from "./record/record.js";
import type { Executor } from "./run/executor.js";
import { currentVersions } from "./run/log.js";
import { type Baseline, type RaceResult, type Racer, raceSubmission } from "./run/race.js";
import type { RaceContext } from "./run/trainings.js";
import { type LoadedSubmission, sourceHash } from "./submission/load.js";
import { checkWorkload } from "./track/check.js";
import type { Track } from "./track/track.js";
import { recordedTuning } from "./tune/recorded.js";
import { tuneSubmission } from "./tune/tune.js";

/** A submission's settings on a track, and how they were found. */
export interface ChosenSettings {
  readonly racer: Racer;
  readonly tuning?: SpeedrunRecord["tuning"];
  /** Stop steps of its standing record that are now left for another. */
  readonly earlier?: SpeedrunRecord["earlier"];
  /** Whether its stop step was found by tuning just now, and not said by anybody. */
  readonly isTuned: boolean;
}

/** What a campaign runs, and where. */
export interface CampaignOptions {
  readonly track: Track;
  /** Tuned and raced in this order of precedence. */
  readonly submissions: readonly LoadedSubmission[];
  /** The track's baseline, whether it is one of them or not. */
  readonly baseline: LoadedSubmission;
  readonly seeds: readonly number[];
  /** Where every run stops, in place of what tuning or a record says; not of the baseline. */
  readonly steps?: number;
  /** Records whose settings are taken where their submission's source is the same: no tuning then. */
  readonly standing?: readonly SpeedrunRecord[];
  /** Keeps every run; a campaign that was stopped goes on from there. */
  readonly folder: string;
  /** Gets every record, as `<records>/<track>/<submission>`. */
  readonly records: string;
  readonly executor: Executor;
  readonly workers: number;
  /** As 2026-11-23. */
  readonly date: string;
  readonly onNotice?: (line: string) => void;
  readonly onSettings?: (submission: string, chosen: ChosenSettings) => void;
  readonly onRecord?: (record: SpeedrunRecord) => void;
}

/**
 * Tunes and races submissions, the baseline first, each beside the baseline's runs. A record is written as
 * soon as its runs are over: a campaign that is stopped has whole records of the first ones. What fails of
 * one submission is raised when the others are done.
 *
 * @throws Interruption where the executor's signal ends it; SteepestError `state-mismatch`, before anything
 *   is run, where the track's data are not there
 */
export async function runCampaign(options: CampaignOptions): Promise<readonly SpeedrunRecord[]> {
  const { track, submissions, baseline, standing = [] } = options;
  const { onNotice = () => undefined, onSettings = () => undefined, onRecord = () => undefined } = options;
  for (const line of await checkWorkload(track)) onNotice(line);

  const baselineName = baseline.submission.name;
  const baselineRaces = submissions.some(({ submission }) => submission.name === baselineName);
  const others = submissions.filter(({ submission }) => submission.name !== baselineName);
  const contextOf = (priority: number): RaceContext => ({ ...options, priority });

  const choose = async (loaded: LoadedSubmission, priority: number): Promise<ChosenSettings> => {
    const chosen = await chooseSettings(contextOf(priority), loaded, options);
    onSettings(loaded.submission.name, chosen);
    return chosen;
  };
  const race = async (chosen: ChosenSettings, priority: number, beside?: Baseline) => {
    const result = await raceToTarget(contextOf(priority), options, chosen, beside);
    await writeRecord(join(options.records, track.name, result.record.submission.name), result);
    onRecord(result.record);
    return result.record;
  };
  const chosenBaseline = choose(baseline, 0);
  // Others hear of its failure when they ask for it, which may be later.
  chosenBaseline.catch(() => undefined);
  const racedBaseline = baselineRaces ? chosenBaseline.then((chosen) => race(chosen, 0)) : undefined;
  const besideBaseline = async (): Promise<Baseline> => {
    const { racer } = await chosenBaseline;
    const made = await racedBaseline;
    const settings = made?.settings ?? racer.settings;
    const records = [...(made === undefined ? [] : [made]), ...standing];
    return { ...racer, settings, known: knownRuns(track, { ...racer, settings }, records) };
  };
  const settled = await Promise.allSettled([
    ...(racedBaseline === undefined ? [] : [racedBaseline]),
    ...others.map(async (loaded, index) => {
      const chosen = await choose(loaded, index + 1);
      return race(chosen, index + 1, await besideBaseline());
    }),
  ]);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** How much longer the next attempt is after one that missed. */
const lengthening = 1.1;

/**
 * Races a submission at its stop step; where its settings come from tuning and the target is missed, again at
 * a stop step a tenth later, as often as the track allows. What was missed before stands in the record.
 */
async function raceToTarget(
  context: RaceContext,
  { seeds, date, workers }: CampaignOptions,
  { racer, tuning, earlier = [], isTuned }: ChosenSettings,
  baseline: Baseline | undefined,
): Promise<RaceResult> {
  const { track } = context;
  const { attempts, stopMultiple } = track.tuning;
  const beside = baseline === undefined ? {} : { baseline };
  const how = { ...beside, ...(tuning === undefined ? {} : { tuning }), seeds, date, workers };
  const missed = [...earlier];
  for (let { settings } = racer, attempt = 1; ; attempt++) {
    const result = await raceSubmission(context, { racer: { ...racer, settings }, earlier: missed, ...how });
    const longer = stopMultiple * Math.ceil((lengthening * settings.steps) / stopMultiple);
    const steps = Math.min(track.steps, longer);
    const ends = !isTuned || attempt >= attempts || steps === settings.steps;
    if (ends || judgeTarget(track, lossesOf(result.record.runs)).reached) return result;
    missed.push({ steps: settings.steps, losses: result.record.runs.map(({ loss }) => loss) });
    settings = { ...settings, steps };
  }
}

/** The runs of a record of the baseline that are the bits a rerun here would have, where no time counts. */
function knownRuns(
  track: Track,
  { loaded, settings }: Racer,
  records: readonly SpeedrunRecord[],
): readonly RecordedRun[] {
  if (track.measure !== "steps") return [];
  const { processor, node, onnxruntime } = currentVersions();
  const same = records.find(
    (record) =>
      isOf(record, track, loaded) &&
      JSON.stringify(record.settings) === JSON.stringify(settings) &&
      record.machine.processor === processor &&
      record.machine.node === node &&
      record.machine.onnxruntime === onnxruntime,
  );
  return same?.runs ?? [];
}

/** Whether a record is of a submission as it is now. */
const isOf = ({ track, submission }: SpeedrunRecord, { name }: Track, loaded: LoadedSubmission): boolean =>
  track === name &&
  submission.name === loaded.submission.name &&
  submission.sourceHash === sourceHash(loaded);

/**
 * The settings that a submission races with: those of its standing record, unless its source has changed;
 * else those that tuning finds.
 */
async function chooseSettings(
  context: RaceContext,
  loaded: LoadedSubmission,
  { standing = [], steps, baseline }: CampaignOptions,
): Promise<ChosenSettings> {
  const { track } = context;
  const isBaseline = loaded.submission.name === baseline.submission.name;
  const stop = steps === undefined || isBaseline ? {} : { steps };
  const record = standing.find((one) => isOf(one, track, loaded));
  if (record === undefined) {
    const tuning = await tuneSubmission(context, loaded);
    const settings = { ...tuning.settings, ...stop };
    const isTuned = settings.steps === tuning.settings.steps;
    return { racer: { loaded, settings }, tuning: recordedTuning(tuning), isTuned };
  }
  const { tuning, runs, earlier = [] } = record;
  const settings = { ...record.settings, ...stop };
  const before = { steps: record.settings.steps, losses: runs.map(({ loss }) => loss) };
  return {
    racer: { loaded, settings },
    ...(tuning === undefined ? {} : { tuning }),
    earlier: settings.steps === before.steps ? earlier : [...earlier, before],
    isTuned: false,
  };
}
