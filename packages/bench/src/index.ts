export {
  type CalibrateOptions,
  type Calibration,
  type CalibrationResult,
  calibrate,
  type PromisedShare,
} from "./calibration/calibration.js";
export { calibrations } from "./calibration/registry.js";
export type { Chart, ChartAxis, ChartSeries, Claim, Criterion, Figure, Table } from "./claims/claim.js";
export { claims, findClaim } from "./claims/registry.js";
export { type ClaimResult, type RunClaimOptions, runClaim } from "./claims/run.js";
export { type Effect, endsOf, type Range, type Verdict, type VerdictKind } from "./claims/verdict.js";
export {
  type CompareOptions,
  type ComparisonEvent,
  type ComparisonJob,
  compare,
  type InterruptedComparison,
} from "./comparison/compare.js";
export { describeEntrant, type Entrant, parseEntrant } from "./comparison/entrant.js";
export {
  type ComparisonConfig,
  type ComparisonPlan,
  comparisonFolders,
  planComparison,
} from "./comparison/plan.js";
export type {
  Comparison,
  ComparisonEntry,
  Cost,
  Curve,
  EntryStanding,
  Estimate,
  PointSummary,
} from "./comparison/summary.js";
export {
  type BatchEngine,
  type EngineBench,
  type QueuedTrials,
  type SubmittedTrials,
  trialCommand,
} from "./engines/engine.js";
export {
  type KubernetesJob,
  type KubernetesSettings,
  kubernetesManifest,
  kubernetesSettingsSchema,
} from "./engines/kubernetes.js";
export type { BenchJob, BenchJobEvent } from "./engines/local.js";
export {
  createSlurmEngine,
  type SlurmSettings,
  slurmLogs,
  slurmSettingsSchema,
} from "./engines/slurm/slurm.js";
export { defaultWorkers, type PoolEvent, type PoolJob, type PoolOptions, runPool } from "./pool/localPool.js";
export { type BenchActivity, benchActivity, cancelBench } from "./protocol/activity.js";
export {
  type BenchConfiguration,
  benchConfigurationSchema,
  type EngineSettings,
  engineSchema,
  readBenchConfiguration,
} from "./protocol/configuration.js";
export { type BenchEstimate, diskOf, estimateBench } from "./protocol/estimate.js";
export { type ExportedBench, exportBench, exportedTargets } from "./protocol/export.js";
export { benchFolders } from "./protocol/folder.js";
export {
  benchForEngine,
  jobOfBench,
  type SubmittedBench,
  schedulerOf,
  submitBench,
} from "./protocol/handover.js";
export {
  type BenchPlan,
  type PlannedSubmission,
  type PlannedWorkload,
  planBench,
  trialsOfStudy,
} from "./protocol/plan.js";
export { rulesetOfPlan } from "./protocol/ruleset.js";
export { type BenchEvent, type RunBenchOptions, runBench, runBenchTrial } from "./protocol/run.js";
export {
  type BenchStatus,
  benchStatus,
  type StateCounts,
  type TrialFinding,
  type TrialState,
} from "./protocol/status.js";
export { type BenchTrial, countTrials, folderOfTrial, trialOf } from "./protocol/trials.js";
export { parseYaml } from "./protocol/yaml.js";
export type { Arrival } from "./scoring/arrivals.js";
export type { Cell, CellKind } from "./scoring/cells.js";
export type { Irregularity } from "./scoring/irregularities.js";
export type { FileRemark } from "./scoring/logs/collect.js";
export type { ScoringClock } from "./scoring/rules/clock.js";
export {
  budgetOf,
  findRuleset,
  type Ruleset,
  rulesetNames,
  type Tuning,
  type WorkloadTarget,
} from "./scoring/rules/ruleset.js";
export { readTargets } from "./scoring/rules/targetsFile.js";
export {
  type ScoreLogsOptions,
  type ScoreReport,
  type SubmissionScore,
  scoreLogs,
} from "./scoring/scoreLogs.js";
export type { LeaveOneOut, LeftOut, PairVerdict } from "./scoring/sensitivity.js";
export type { ScoringMode } from "./scoring/times.js";
export {
  type CensoredTime,
  censoredMedian,
  kaplanMeier,
  logRankScores,
  logRankTest,
  pairedLogRankTest,
  type SurvivalStep,
  stratifiedLogRankTest,
} from "./statistics/censored.js";
export * from "./statistics/descriptive.js";
export { type ExchangeOptions, exchangeTest, rankSumTest } from "./statistics/exchange.js";
export {
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
  meanInterval,
  type ReplicateSums,
  ratioInterval,
  studentInterval,
  unbiasedInterval,
} from "./statistics/intervals.js";
export {
  differences,
  pairedDifference,
  pairedStudentTest,
  type SignFlipOptions,
  signedRankTest,
  signFlipTest,
  studentTest,
  type TestResult,
} from "./statistics/paired.js";
export {
  moreInEach,
  morePairs,
  type PowerOptions,
  pairsNeeded,
  sampleSizeNeeded,
} from "./statistics/power.js";
export {
  againstLeader,
  holm,
  type Sample,
  type Standing,
  significance,
  type VerdictOptions,
} from "./statistics/verdict.js";
export * from "./submission/index.js";
export { type Baseline, baselines } from "./targets/baselines.js";
export { measureTarget, type TargetSearch } from "./targets/measureTarget.js";
export type { OptimizerTrial, TrialConfiguration } from "./trial/configuration.js";
export { type TrialPlace, trialFiles, trialFolder } from "./trial/layout.js";
export { readPeakMemory } from "./trial/peakMemory.js";
export {
  readOutcome,
  runTrial,
  type TrialFailure,
  type TrialOptions,
  type TrialOutcome,
} from "./trial/trial.js";
export { haltonPoints } from "./tuning/halton.js";
export {
  quasiRandomSearch,
  type SearchPoint,
  type SearchRange,
  type SearchSpace,
  type SequenceName,
  scaleToRange,
} from "./tuning/searchSpace.js";
export { sobolDimensions, sobolPoints } from "./tuning/sobol.js";
export { defaultRacePoints, raceRange, type TunedRacer, tuneRace } from "./tuning/tuneRace.js";
