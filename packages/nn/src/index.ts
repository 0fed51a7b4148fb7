export { type ActivationName, activation } from "./activations.js";
export { dropout, dropoutKey } from "./dropout.js";
export { type Embedding, embedding } from "./embedding.js";
export { type AttentionOptions, causalSelfAttention } from "./gpt/attention.js";
export { type GptOptions, gpt2 } from "./gpt/gpt2.js";
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
export { layerNorm } from "./layerNorm.js";
export { type LinearOptions, linear } from "./linear.js";
export { type GraphLinearAlgebra, graphLinearAlgebra } from "./linearAlgebra/graphLinearAlgebra.js";
export {
  accuracy,
  type CrossEntropyOptions,
  correctPerExample,
  crossEntropy,
  crossEntropyPerExample,
  meanSquaredError,
} from "./losses.js";
export { type MlpOptions, mlp } from "./mlp.js";
export { type Mode, type Model, type ModelParameter, sequential } from "./model.js";
