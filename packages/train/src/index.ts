export {
  epochCount,
  invalidValue,
  positiveInteger,
  stepsOfEpochs,
  stepsPerEpoch,
  targetValue,
  threadCount,
} from "./configuration/checks.js";
export {
  chooseOptimizer,
  type EvaluationPeriod,
  type RunConfiguration,
  type TimeBudget,
  type TrainConfig,
  type WeightDecay,
} from "./configuration/configuration.js";
export { withShares } from "./configuration/shares.js";
export type { Checkpoint, Progress } from "./folder/checkpoint.js";
export { inspectRun, parseResult, type RunStatus, runFiles } from "./folder/folder.js";
export { parseJson } from "./folder/json.js";
export { takeFolder, unusableFolder, withFolderLocked } from "./folder/lock.js";
export { openTrained, type TrainedRun } from "./folder/trained.js";
export type { ClockReading } from "./loop/clock.js";
export { diverged } from "./loop/divergence.js";
export type { MethodContext, TrainedMethod, TrainingMethod } from "./loop/method.js";
export {
  float32,
  type OptimizerMethod,
  type OptimizerSettings,
  optimizerMethod,
} from "./loop/optimizerMethod.js";
export type {
  CompletedRun,
  Evaluation,
  InterruptedRun,
  Measurement,
  RunEnd,
  RunResult,
  SplitEvaluation,
  TargetHit,
} from "./loop/result.js";
export { metricSchema } from "./loop/result.js";
export { type LearningRate, openLearningRate } from "./race/entrant.js";
export { type RaceOptions, type RaceOutcome, race, type Trajectory } from "./race/race.js";
export { type ResumeOptions, type RunOptions, resumeRun, train } from "./train.js";
