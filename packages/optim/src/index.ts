export { type ErrorCode, nearestName, SteepestError, unknownName } from "./errors.js";
export * from "./language/defineRule.js";
export { evaluateScalar } from "./language/evaluate.js";
export * from "./language/expression.js";
export { choice, decayRate, flag, nonNegative, real, stepSize } from "./language/hyper.js";
export type * from "./language/rule.js";
export type {
  ArenaBytes,
  ClipSpec,
  GroupSpec,
  NonFinitePolicy,
  Optimizer,
  OptimizerConfig,
  ParameterGroup,
  RuleChoice,
  StateDictionary,
  StepReport,
} from "./optimizer/config.js";
export { createOptimizer } from "./optimizer/createOptimizer.js";
export { elementCount, type ParameterRole, type ParameterSpec, parameterRoles } from "./parameter.js";
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
