export { GraphError, type GraphErrorCode } from "./errors.js";
export { add } from "./operators/add.js";
export { broadcastTo } from "./operators/broadcastTo.js";
export type { Shape } from "./shape.js";
export {
  constant,
  type DType,
  input,
  type Operand,
  parameter,
  type Tensor,
  type TensorType,
} from "./tensor.js";
