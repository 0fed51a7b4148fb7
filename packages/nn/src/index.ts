export {
  constantOf,
  type FanInitialiser,
  type Fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type InitialisedParameter,
  type Initialiser,
  initialiseParameters,
  normal,
  torchDefault,
  uniform,
  zeros,
} from "./initialisers.js";
export { type ActivationName, activation } from "./layers/activations.js";
export { type AttentionOptions, causalSelfAttention } from "./layers/attention.js";
export { dropout, dropoutKey } from "./layers/dropout.js";
export { type Embedding, embedding } from "./layers/embedding.js";
export {
  type FeedForwardKind,
  type FeedForwardOptions,
  feedForward,
  feedForwardWidth,
} from "./layers/feedForward.js";
export { layerNorm } from "./layers/layerNorm.js";
export { type LinearOptions, linear } from "./layers/linear.js";
export { rmsNorm } from "./layers/rmsNorm.js";
export { rotary } from "./layers/rotary.js";
export { type GraphLinearAlgebra, graphLinearAlgebra } from "./linearAlgebra/graphLinearAlgebra.js";
export {
  accuracy,
  type CrossEntropyOptions,
  correctPerExample,
  crossEntropy,
  crossEntropyPerExample,
  meanSquaredError,
} from "./losses.js";
export type { Checkpointing } from "./models/checkpointing.js";
export { type GptModel, type GptOptions, gpt2 } from "./models/gpt2.js";
export type { NormalisationKind } from "./models/gptBlock.js";
export { findGptPreset, type GptPresetName, gptPresets } from "./models/gptPresets.js";
export { type MlpOptions, mlp } from "./models/mlp.js";
export { type Mode, type Model, type ModelParameter, sequential } from "./models/model.js";
export { type DrawOptions, drawToken } from "./sampling/drawToken.js";
export { createSampler, type Sampler, type SamplingOptions } from "./sampling/sampler.js";
export { exportGpt, type GptExportOptions } from "./weights/exportGpt.js";
export { loadGptWeights } from "./weights/loadGptWeights.js";
export { saveGptWeights } from "./weights/saveGptWeights.js";
