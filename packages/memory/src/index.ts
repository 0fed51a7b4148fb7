export {
  type BrowserMeasurement,
  type BrowserRow,
  browserPath,
  measureInBrowser,
} from "./browser/measure.js";
export { type ComparedMemory, compareMemory } from "./measure/comparison.js";
export { type MemoryMeasurement, measureMemory } from "./measure/measure.js";
export type { MeasuredMemory } from "./measure/measured.js";
export type { MeasuredPart, PredictedTerm } from "./measure/predictedTerm.js";
export { predictTraining } from "./measure/prediction.js";
export { forgetPeak, type ResidentMemory, residentMemory } from "./measure/resident.js";
export { type MeasuredSetting, type MeasureOptions, measuredSetting } from "./measure/setting.js";
export { loadMeasured } from "./measure/workload.js";
export {
  type Architecture,
  type Layered,
  type MemoryModel,
  parameterCount,
  type SavedElements,
  type Transformer,
  type UnknownArchitecture,
} from "./models/model.js";
export { type NamedModel, namedModel, namedModels } from "./models/named.js";
export { findModel } from "./models/source.js";
export { type Method, methods } from "./plan/methods.js";
export { type MemoryPlan, planMemory } from "./plan/plan.js";
export { type PrecisionPolicy, precisionPolicies } from "./plan/precision.js";
export {
  type AttentionKind,
  type Checkpointing,
  type MethodName,
  methodNames,
  type Parallelism,
  type PlanOptions,
  type PlanSettings,
} from "./plan/settings.js";
export {
  type MemoryChange,
  memoryByOptimizer,
  memoryChanges,
  type OptimizerMemory,
} from "./questions/changes.js";
export { type LargestThatFits, largestThatFits } from "./questions/largest.js";
export {
  activationBytes,
  type CheckpointReading,
  checkpointReadings,
  modelStateBytes,
} from "./questions/readings.js";
export { type FitVerdict, fitVerdict } from "./questions/verdict.js";
export { exactTerm, type MemoryCategory, type MemoryTerm, totalBytes } from "./term.js";
