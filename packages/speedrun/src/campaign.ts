import { join } from "node:path";
import { writeRecord } from "./record/files.js";
import type { SpeedrunRecord } from "./record/record.js";
import type { Executor } from "./run/executor.js";
import { submissionFolder } from "./run/folder.js";
import { type Racer, raceSubmission } from "./run/race.js";
import type { LoadedSubmission } from "./submission/load.js";
import { checkWorkload } from "./track/check.js";
import type { Track } from "./track/track.js";
import { type Tuning, tuneSubmission } from "./tune/tune.js";

/** What a campaign runs, and where. */
export interface CampaignOptions {
  readonly track: Track;
  /** Tuned and raced in this order of precedence. */
  readonly submissions: readonly LoadedSubmission[];
  /** The track's baseline, whether it is one of them or not. */
  readonly baseline: LoadedSubmission;
  readonly seeds: readonly number[];
  /** Keeps every run; a campaign that was stopped goes on from there. */
  readonly folder: string;
  /** Gets every record, as `<records>/<track>/<submission>`. */
  readonly records: string;
  readonly executor: Executor;
  readonly workers: number;
  /** As 2026-11-23. */
  readonly date: string;
  readonly onNotice?: (line: string) => void;
  readonly onTuned?: (submission: string, tuning: Tuning) => void;
  readonly onRecord?: (record: SpeedrunRecord) => void;
}

/**
 * Tunes and races submissions, the baseline first. Each record is written as soon as its runs are over: a
 * campaign that is stopped has whole records of the first ones.
 *
 * @throws Interruption where the executor's signal ends it; SteepestError `state-mismatch`, before anything is
 *   run, where the track's data are not there
 */
export async function runCampaign(options: CampaignOptions): Promise<readonly SpeedrunRecord[]> {
  const { track, submissions, baseline, seeds, folder, records, executor, workers, date } = options;
  const { onNotice = () => undefined, onTuned = () => undefined, onRecord = () => undefined } = options;
  for (const line of await checkWorkload(track)) onNotice(line);
  const name = baseline.submission.name;
  const others = submissions.filter(({ submission }) => submission.name !== name);

  const tuned = async (loaded: LoadedSubmission, priority: number) => {
    const context = { track, folder, executor, priority };
    const tuning = await tuneSubmission(context, loaded);
    onTuned(loaded.submission.name, tuning);
    const racer: Racer = { loaded, settings: tuning.settings };
    return { context, tuning, racer };
  };
  const tunedBaseline = tuned(baseline, 0);
  const settled = await Promise.allSettled(
    [baseline, ...others].map(async (loaded, priority) => {
      const isBaseline = priority === 0;
      const { context, tuning, racer } = await (isBaseline ? tunedBaseline : tuned(loaded, priority));
      const result = await raceSubmission(context, {
        ...{ racer, tuning, seeds, date, workers },
        ...(isBaseline ? {} : { baseline: (await tunedBaseline).racer }),
      });
      const own = loaded.submission.name;
      await writeRecord(submissionFolder(folder, own), result);
      await writeRecord(join(records, track.name, own), result);
      onRecord(result.record);
      return result.record;
    }),
  );
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
