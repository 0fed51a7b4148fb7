export type { Checkpoint, Progress } from "./checkpoint.js";
export type { ClockReading } from "./clock.js";
export { chooseOptimizer, type RunConfiguration, type TrainConfig } from "./configuration.js";
export { inspectRun, type RunStatus, runFiles } from "./folder.js";
export { parseJson } from "./json.js";
export { unusableFolder, withFolderLocked } from "./lock.js";
export { type LearningRate, openLearningRate } from "./race/entrant.js";
export { type RaceOptions, type RaceOutcome, race, type Trajectory } from "./race/race.js";
export type {
  CompletedRun,
  Evaluation,
  InterruptedRun,
  Measurement,
  RunResult,
  SplitEvaluation,
  TargetHit,
} from "./result.js";
export { withShares } from "./shares.js";
export { type ResumeOptions, type RunOptions, resumeRun, train } from "./train.js";
