import { join } from "node:path";
import { writeRecord } from "./record/files.js";
import type { SpeedrunRecord } from "./record/record.js";
import type { Executor } from "./run/executor.js";
import { type Racer, raceSubmission } from "./run/race.js";
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
  const { track, submissions, baseline, seeds, records, workers, date } = options;
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
  const ofBaseline = choose(baseline, 0);
  const race = async (own: Promise<ChosenSettings>, priority: number): Promise<SpeedrunRecord> => {
    const chosen = await own;
    const beside = priority === 0 ? {} : { baseline: (await ofBaseline).racer };
    const result = await raceSubmission(contextOf(priority), { ...chosen, ...beside, seeds, date, workers });
    await writeRecord(join(records, track.name, result.record.submission.name), result);
    onRecord(result.record);
    return result.record;
  };
  const settled = await Promise.allSettled([
    ...(baselineRaces ? [race(ofBaseline, 0)] : [ofBaseline.then(() => undefined)]),
    ...others.map((loaded, index) => race(choose(loaded, index + 1), index + 1)),
  ]);
  return settled.flatMap((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value === undefined ? [] : [one.value];
  });
}

/**
 * The settings that a submission races with: those of its standing record, unless its source has changed;
 * else those that tuning finds.
 */
export async function chooseSettings(
  context: RaceContext,
  loaded: LoadedSubmission,
  { standing = [], steps, baseline }: Pick<CampaignOptions, "standing" | "steps" | "baseline">,
): Promise<ChosenSettings> {
  const { name } = loaded.submission;
  const hash = sourceHash(loaded);
  const record = standing.find(
    ({ track, submission }) =>
      track === context.track.name && submission.name === name && submission.sourceHash === hash,
  );
  const { tuning, settings } = record ?? (await tunedSettings(context, loaded));
  const stop = steps === undefined || name === baseline.submission.name ? {} : { steps };
  return {
    racer: { loaded, settings: { ...settings, ...stop } },
    ...(tuning === undefined ? {} : { tuning }),
  };
}

async function tunedSettings(
  context: RaceContext,
  loaded: LoadedSubmission,
): Promise<Pick<SpeedrunRecord, "tuning" | "settings">> {
  const tuning = await tuneSubmission(context, loaded);
  return { tuning: recordedTuning(tuning), settings: tuning.settings };
}
