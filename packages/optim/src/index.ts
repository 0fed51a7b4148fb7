export type { ArrayBytes, OptimizerArrays } from "./arrays.js";
export type { ClosureEntry } from "./closure/entry.js";
export type { ClosureMethod, ClosureReport, SteppedOptimizer, StepRun } from "./closure/method.js";
export { type ClosureOptimizer, createClosureOptimizer } from "./closure/optimizer.js";
export { type ErrorCode, nearestName, SteepestError, unknownName } from "./errors.js";
export { latexFormula } from "./formula/latex.js";
export { plainFormula } from "./formula/plainText.js";
export * from "./language/defineRule.js";
export { evaluateScalar } from "./language/evaluate.js";
export * from "./language/expression.js";
export {
  choice,
  count,
  decayRate,
  flag,
  fraction,
  growth,
  nonNegative,
  positive,
  real,
  stepSize,
} from "./language/hyper.js";
export type * from "./language/rule.js";
export { presetNames } from "./language/rule.js";
export type * from "./linearAlgebra/linearAlgebra.js";
export { normFactor, type Quintic, quintics } from "./linearAlgebra/quintic.js";
export { referenceLinearAlgebra } from "./linearAlgebra/reference/reference.js";
export { wasmLinearAlgebra } from "./linearAlgebra/wasm/wasmLinearAlgebra.js";
export { type BacktrackingSettings, backtrack } from "./lineSearch/backtracking.js";
export type {
  LineQuery,
  LineSearch,
  LineSearchResult,
  LineStart,
  LineValue,
} from "./lineSearch/lineFunction.js";
export { strongWolfe, type WolfeSettings } from "./lineSearch/wolfe.js";
export { type MatrixEntry, matrixStateExample } from "./matrix/entry.js";
export * from "./matrix/matrixRule.js";
export { planOperations } from "./matrix/operations.js";
export type {
  ArenaBytes,
  ClipSpec,
  GroupSpec,
  MatrixRuleChoice,
  NonFinitePolicy,
  Optimizer,
  OptimizerConfig,
  ParameterGroup,
  RuleChoice,
  StateDictionary,
  StepReport,
} from "./optimizer/config.js";
export { createOptimizer, plannedArenaBytes } from "./optimizer/createOptimizer.js";
export { matrixDecayGroups } from "./optimizer/decay.js";
export { fromOriginal } from "./originals.js";
export { elementCount, type ParameterRole, type ParameterSpec, parameterRoles } from "./parameter.js";
export {
  findOptimizer,
  optimizerOf,
  type RegistryEntry,
  type RuleEntry,
  registry,
} from "./registry.js";
export {
  readSafetensorsIndex,
  type SafetensorsElement,
  type SafetensorsEntry,
  type SafetensorsIndex,
  safetensorsDataStart,
  safetensorsElementBytes,
} from "./safetensors/header.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  layOutSafetensors,
  type SafetensorsArrays,
  type SafetensorsDtype,
  type SafetensorsFile,
  type SafetensorsLayout,
  type SafetensorsTensor,
} from "./safetensors/safetensors.js";
export { constantSchedule } from "./schedules/constant.js";
export { cosineSchedule } from "./schedules/cosine.js";
export { cyclicSchedule } from "./schedules/cyclic.js";
export { exponentialSchedule } from "./schedules/exponential.js";
export { joinSchedules } from "./schedules/join.js";
export { oneCycleSchedule } from "./schedules/oneCycle.js";
export { polynomialSchedule } from "./schedules/polynomial.js";
export type {
  Schedule,
  ScheduleDefinition,
  ScheduleParameter,
  ScheduleParameterKind,
  TypedScheduleDefinition,
} from "./schedules/schedule.js";
export { stepSchedule } from "./schedules/step.js";
export {
  createSchedule,
  findSchedule,
  formatSchedule,
  parseSchedule,
  type SchedulePart,
  type ScheduleSpec,
  schedules,
} from "./schedules/text.js";
export { warmupSchedule } from "./schedules/warmup.js";
export { formatOptimizerSpec, type OptimizerSpec, parseOptimizerSpec } from "./spec.js";
export type { Choices, ChosenValues, GivenValues } from "./values.js";
export { defineWrapper, type Wrapper, type WrapperDeclaration } from "./wrappers/wrapper.js";
