export { type ErrorCode, nearestName, SteepestError, unknownName } from "./errors.js";
export * from "./language/defineRule.js";
export * from "./language/expression.js";
export { choice, decayRate, flag, nonNegative, real, stepSize } from "./language/hyper.js";
export type * from "./language/rule.js";
export { elementCount, type ParameterRole, type ParameterSpec, parameterRoles } from "./parameter.js";
