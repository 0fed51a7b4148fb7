export { checkpoint } from "./differentiate/checkpoint.js";
export {
  type Feeds,
  grad,
  type ValueAndGradients,
  value,
  valueAndGrad,
} from "./differentiate/differentiate.js";
export { gradients } from "./differentiate/gradients.js";
export { GraphError, type GraphErrorCode } from "./errors/errors.js";
export { type MemoryPrediction, predictMemory } from "./memory/predict.js";
export { typesOf } from "./memory/types.js";
export type { OnnxType, ReadConstant, ReadGraph, ReadNode } from "./onnx/read.js";
export * from "./operators/index.js";
export type { TensorArray } from "./run/arrays.js";
export { type CompiledGraph, type CompiledValue, compile } from "./run/compile.js";
export { evaluate, type FeedValues } from "./run/evaluate.js";
export { type ExportOptions, exportModel, saveModel } from "./run/save.js";
export { createSession, type Session, type SessionOptions } from "./run/session.js";
export type {
  Attributes,
  Emitter,
  NoAttributes,
  NumericTensor,
  OnnxAttribute,
  Operator,
} from "./tensor/operator.js";
export type { Shape } from "./tensor/shape.js";
export {
  apply,
  applySingle,
  constant,
  type DType,
  input,
  type Operand,
  parameter,
  type Tensor,
  type TensorType,
} from "./tensor/tensor.js";
