export { after } from "./after.js";
export { add, divide, maximum, minimum, multiply, power, subtract } from "./binary.js";
export { broadcastTo } from "./broadcastTo.js";
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
} from "./comparison.js";
export { type Conv2dOptions, conv2d } from "./convolution.js";
export { gelu } from "./gelu.js";
export { gather, gatherElements, oneHot, scatterAdd } from "./indexing.js";
export { reshape, transpose } from "./layout.js";
export { type MatmulOptions, matmul } from "./matmul.js";
export { layerNorm, logSoftmax, softmax } from "./normalisation.js";
export { averagePool2d, maxPool2d, type Pool2dOptions } from "./pooling.js";
export { uniform } from "./random.js";
export { argMax, max, mean, min, type ReductionOptions, sum } from "./reductions.js";
export { operators } from "./registry.js";
export { rmsNorm } from "./rmsNorm.js";
export { cast, where } from "./select.js";
export type { AxisOptions } from "./shared/axis.js";
export type { Pair } from "./shared/windows.js";
export { concat, pad, type SliceOptions, slice, split } from "./slicing.js";
export { sumTo } from "./sumTo.js";
export {
  abs,
  cos,
  erf,
  exp,
  log,
  negate,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  step,
  tanh,
} from "./unary.js";
