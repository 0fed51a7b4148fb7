export type { Checkpoint, Progress } from "./checkpoint.js";
export type { ClockReading } from "./clock.js";
export type { RunConfiguration, TrainConfig } from "./configuration.js";
export { inspectRun, type RunStatus, runFiles } from "./folder.js";
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
export { type ResumeOptions, type RunOptions, resumeRun, train } from "./train.js";
