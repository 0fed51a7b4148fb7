import fc from "fast-check";
import {
  abs,
  add,
  cast,
  cos,
  divide,
  equal,
  erf,
  exp,
  gelu,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  multiply,
  negate,
  power,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  step,
  subtract,
  tanh,
  where,
} from "../../src/operators/index.js";
import type { DType, Tensor } from "../../src/tensor/tensor.js";
import { anyShape, broadcastable, floats, integers, positive } from "../draw.js";
import { applied, type Cases, type CaseTable } from "./applied.js";

const unary = (f: (x: Tensor) => Tensor, range?: typeof positive): Cases =>
  anyShape.chain((shape) => applied([floats(shape, 0, range)], f));

const binary = (f: (a: Tensor, b: Tensor) => Tensor, range?: typeof positive): Cases =>
  broadcastable(2).chain(([a = [], b = []]) => applied([floats(a, 0, range), floats(b, 1, range)], f));

const binaryOf = (dtype: DType, low: number, high: number, f: (a: Tensor, b: Tensor) => Tensor): Cases =>
  broadcastable(2).chain(([a = [], b = []]) =>
    applied([integers(a, dtype, low, high), integers(b, dtype, low, high)], f),
  );

const comparison = (f: (a: Tensor, b: Tensor) => Tensor): Cases =>
  fc.oneof(binary(f), binaryOf("int64", -2, 2, f), binaryOf("uint8", 0, 3, f));

/** Functions of each element, and of elements in the same place. */
export const elementwiseCases: CaseTable = {
  negate: unary(negate),
  abs: unary(abs),
  sign: unary(sign),
  step: unary(step),
  square: unary(square),
  sqrt: unary(sqrt, positive),
  exp: unary(exp),
  log: unary(log, positive),
  sin: unary(sin),
  cos: unary(cos),
  erf: unary(erf),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  relu: unary(relu),
  softplus: unary(softplus),
  gelu: unary(gelu),
  add: fc.oneof(binary(add), binaryOf("int32", -100, 100, add)),
  subtract: fc.oneof(binary(subtract), binaryOf("int64", -100, 100, subtract)),
  multiply: fc.oneof(binary(multiply), binaryOf("uint8", 0, 255, multiply)),
  divide: fc.oneof(binary(divide, positive), binaryOf("int32", 1, 5, divide)),
  maximum: fc.oneof(binary(maximum), binaryOf("int32", -3, 3, maximum)),
  minimum: fc.oneof(binary(minimum), binaryOf("uint8", 0, 3, minimum)),
  power: binary(power, positive),
  equal: comparison(equal),
  less: comparison(less),
  lessEqual: comparison(lessEqual),
  greater: comparison(greater),
  greaterEqual: comparison(greaterEqual),
  logicalAnd: binaryOf("bool", 0, 1, logicalAnd),
  logicalOr: binaryOf("bool", 0, 1, logicalOr),
  logicalNot: anyShape.chain((shape) => applied([integers(shape, "bool", 0, 1)], logicalNot)),
  where: broadcastable(3).chain(([c = [], a = [], b = []]) =>
    applied([integers(c, "bool", 0, 1), floats(a, 0), floats(b, 1)], where),
  ),
  cast: fc.oneof(
    ...(["int32", "int64", "bool"] as const).map((to) => unary((x) => cast(x, to))),
    ...(["float32", "int32", "bool"] as const).map((to) =>
      anyShape.chain((shape) => applied([integers(shape, "uint8", 0, 255)], (x) => cast(x, to))),
    ),
  ),
};
