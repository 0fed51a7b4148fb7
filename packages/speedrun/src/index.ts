export { type CampaignOptions, type ChosenSettings, runCampaign } from "./campaign.js";
export { type Board, type BoardEntry, makeBoard, type Standing } from "./judge/board.js";
export {
  judgePair,
  judgeTarget,
  type PairwiseSide,
  type PairwiseVerdict,
  type TargetVerdict,
} from "./judge/significance.js";
export { readRecords, shippedRecords, writeRecord } from "./record/files.js";
export { type OfficialEntry, type OfficialTrack, officialTracks } from "./record/official.js";
export { type RecordedRun, recordSchema, type SpeedrunRecord } from "./record/record.js";
export {
  createExecutor,
  type Executor,
  type ExecutorEvent,
  type ExecutorOptions,
  Interruption,
  type RunOutcome,
  type RunRequest,
} from "./run/executor.js";
export { formatLog, type LogLine, type RunLog, type Versions } from "./run/log.js";
export { type RaceOptions, type RaceResult, type Racer, raceSubmission } from "./run/race.js";
export { type Settings, settingsSchema } from "./run/settings.js";
export type { RaceContext } from "./run/trainings.js";
export { type LoadedSubmission, loadSpeedrunSubmission, sourceHash } from "./submission/load.js";
export { speedrunSubmissions } from "./submission/registered.js";
export { checkWorkload } from "./track/check.js";
export { loadTrack, shippedTracks, trackNames } from "./track/load.js";
export { type Track, trackSchema } from "./track/track.js";
export { recordedTuning } from "./tune/recorded.js";
export { estimateStopStep, type StopEstimate, type StopSearch, type Training } from "./tune/stopStep.js";
export { type TriedPoint, type Tuning, tuneSubmission } from "./tune/tune.js";
