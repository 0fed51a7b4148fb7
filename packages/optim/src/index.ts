export { type ErrorCode, nearestName, SteepestError, unknownName } from "./errors.js";
export * from "./language/defineRule.js";
export * from "./language/expression.js";
export { choice, decayRate, flag, nonNegative, real, stepSize } from "./language/hyper.js";
export type * from "./language/rule.js";
export { elementCount, type ParameterRole, type ParameterSpec, parameterRoles } from "./parameter.js";
export { constant } from "./schedules/constant.js";
export { cosine } from "./schedules/cosine.js";
export { cyclic } from "./schedules/cyclic.js";
export { exponential } from "./schedules/exponential.js";
export { joined } from "./schedules/joined.js";
export { oneCycle } from "./schedules/oneCycle.js";
export { polynomial } from "./schedules/polynomial.js";
export type {
  Schedule,
  ScheduleDefinition,
  ScheduleParameter,
  ScheduleParameterKind,
  TypedScheduleDefinition,
} from "./schedules/schedule.js";
export { step } from "./schedules/step.js";
export {
  createSchedule,
  findSchedule,
  formatSchedule,
  parseSchedule,
  type SchedulePart,
  type ScheduleSpec,
  schedules,
} from "./schedules/text.js";
export { warmup } from "./schedules/warmup.js";
