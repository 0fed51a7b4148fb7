export { type CompiledGraph, type CompiledValue, compile } from "./compile.js";
export { type Feeds, grad, type ValueAndGradients, value, valueAndGrad } from "./differentiate.js";
export { GraphError, type GraphErrorCode } from "./errors.js";
export { evaluate, type FeedValues } from "./evaluate.js";
export { gradients } from "./gradients.js";
export type {
  Attributes,
  Emitter,
  NoAttributes,
  NumericTensor,
  OnnxAttribute,
  Operator,
} from "./operator.js";
export * from "./operators/index.js";
export { saveModel } from "./save.js";
export { createSession, type Session, type SessionOptions, type TensorArray } from "./session.js";
export type { Shape } from "./shape.js";
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
} from "./tensor.js";
