export { defineSubmission } from "./define.js";
export { fromOptimizer, type Horizon, horizonOf, type OptimizerWithSettings } from "./fromOptimizer.js";
export {
  type Hyperparameters,
  type HyperparameterValue,
  hyperparametersSchema,
  type Regularisation,
  type SubmissionTuning,
} from "./hyperparameters.js";
export { hasModuleEnding, isSubmissionPath, loadSubmission } from "./load.js";
export { type MethodRules, methodOf, type SubmissionMethod } from "./method.js";
export { submissionNames } from "./registered.js";
export * from "./submission.js";
export { type TuningPointsOptions, tuningPoints } from "./tuningPoints.js";
