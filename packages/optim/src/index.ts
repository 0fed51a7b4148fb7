export { type ErrorCode, nearestName, SteepestError, unknownName } from "./errors.js";
export * from "./language/expression.js";
export type * from "./language/rule.js";
export { elementCount, type ParameterRole, type ParameterSpec, parameterRoles } from "./parameter.js";
