// Those who train a workload initialise its parameters, may hand its optimizer fast linear algebra and let
// its model write, and need no other part of nn.
export {
  type Checkpointing,
  createSampler,
  type GraphLinearAlgebra,
  graphLinearAlgebra,
  initialiseParameters,
  type ModelParameter,
  type SamplingOptions,
} from "@steepest/nn";
export { imageClassifier } from "./classification/classifier.js";
export type { FiniteSum } from "./finiteSums/finiteSum.js";
export {
  classLabels,
  type DenseOptions,
  denseFeatures,
  gaussianFeatures,
  linearTargets,
  type SparseOptions,
  sparseFeatures,
  trueWeights,
  type ZipfOptions,
  zipfFeatures,
} from "./finiteSums/generators.js";
export { type LinearModel, leastSquares, logisticRegression } from "./finiteSums/linearModels.js";
export { type CompressedRows, denseRows, type Rows, sparseRows } from "./finiteSums/rows.js";
export { drawHeldOut } from "./heldOut.js";
export type { Landscape, RaceDefaults } from "./landscapes/landscape.js";
export { findLandscape, landscapes } from "./landscapes/registry.js";
export type { LanguageDataset } from "./language/dataset.js";
export { languageModel } from "./language/languageModel.js";
export { uniformText } from "./language/uniform.js";
export { directionOf, isBetter, metricOf, reaches } from "./metric.js";
export { microBatchSize } from "./network/step.js";
export { findPreset, findWorkload, workloads } from "./registry.js";
export { type MeasuredTarget, measuredTargets } from "./targets/measured.js";
export type { MutableVector, Vector } from "./vector.js";
export type {
  BindOptions,
  BoundWorkload,
  Budget,
  Evaluation,
  LoadedWorkload,
  LoadOptions,
  Metric,
  ParameterViews,
  Recipe,
  Split,
  Target,
  Workload,
} from "./workload.js";
