import { dtypeError, GraphError } from "../errors/errors.js";
import type { Attributes, Operator } from "./operator.js";
import { elementCount, type Shape } from "./shape.js";

/**
 * Element types. `float32` is computed as float64 by the reference interpreter; `bool` is stored as one byte,
 * 0 or 1.
 */
export const dtypes = ["float32", "int32", "int64", "uint8", "bool"] as const;
/** One of {@link dtypes}. */
export type DType = (typeof dtypes)[number];

/** What is known of a tensor before anything runs: the extents of its dimensions and its element type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A value fed at every run, by name. */
export interface InputSource {
  readonly kind: "input";
  readonly name: string;
  readonly outputs: readonly Tensor[];
}

/** A value fixed in the graph, in row-major order. Integers are exact up to 2^53. */
export interface ConstantSource {
  readonly kind: "constant";
  readonly data: Float64Array;
  readonly outputs: readonly Tensor[];
}

/** One application of an operator: its inputs, its attributes and the tensors it gives. */
export interface Operation<A extends Attributes = Attributes> {
  readonly kind: "operation";
  readonly operator: Operator<A>;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
}

/**
 * Where a tensor's value comes from: a vertex of the graph, with the tensors that it gives (one, but for
 * operations).
 */
export type Source = InputSource | ConstantSource | Operation;

/**
 * A symbolic tensor: an immutable edge of the graph. It holds no numbers; `evaluate` or a session computes
 * them.
 */
export interface Tensor extends TensorType {
  readonly source: Source;
  /** Which of the operation's outputs this is; 0 for inputs and constants. */
  readonly index: number;
}

/** A tensor, or a number that stands for a scalar of the other operand's element type. */
export type Operand = Tensor | number;

function checkShape(what: string, shape: Shape): Shape {
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) return Object.freeze([...shape]);
  throw new GraphError(
    "invalid-value",
    `${what}: extents must be integers >= 0, found [${shape.join(", ")}]`,
    "Shapes are static: give every dimension its number of elements",
  );
}

/** Least and greatest value of the integer types; of int64 those that a number holds exactly. */
const integerRanges: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  bool: [0, 1],
};

/** The first number that an element type does not hold exactly (float32 rounds, and holds all). */
export function firstOutside(data: Float64Array, dtype: DType): number | undefined {
  const [least, greatest] = integerRanges[dtype] ?? [];
  if (least === undefined || greatest === undefined) return undefined;
  return data.find((value) => !Number.isInteger(value) || value < least || value > greatest);
}

/** The one tensor of an input or constant, which also becomes its source's only output. */
function leaf(source: InputSource | ConstantSource, outputs: Tensor[], shape: Shape, dtype: DType): Tensor {
  const tensor: Tensor = { source, index: 0, shape, dtype };
  outputs.push(tensor);
  return tensor;
}

/**
 * A value fed at every run.
 *
 * @param name unique in the graph; the key of `feeds`
 * @throws GraphError `invalid-value` for an empty name or extents that are not integers >= 0
 */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Tensor {
  if (name === "") throw new GraphError("invalid-value", "input: the name is empty", "Name every input");
  const outputs: Tensor[] = [];
  return leaf({ kind: "input", name, outputs }, outputs, checkShape(`input "${name}"`, shape), dtype);
}

/** A float32 input that an optimizer updates: an {@link input} by another name, so that models read well. */
export function parameter(name: string, shape: Shape): Tensor {
  return input(name, shape, "float32");
}

/**
 * A value fixed in the graph. One number fills the whole shape.
 *
 * @param value one number, or the elements in row-major order
 * @param shape default: `[]` for a number, one dimension for a list
 * @throws GraphError `shape-mismatch` where the number of elements is not the shape's, `invalid-value` where
 *   the element type does not hold a number
 */
export function constant(value: number | ArrayLike<number>, shape?: Shape, dtype: DType = "float32"): Tensor {
  const elements = typeof value === "number" ? undefined : Float64Array.from(value);
  const checked = checkShape("constant", shape ?? (elements === undefined ? [] : [elements.length]));
  const count = elementCount(checked);
  if (elements !== undefined && elements.length !== count) {
    throw new GraphError(
      "shape-mismatch",
      `constant: shape [${checked.join(", ")}] has ${count} elements, found ${elements.length}`,
      "Give as many elements as the shape has",
    );
  }
  const data = elements ?? new Float64Array(count).fill(Number(value));
  const wrong = firstOutside(data, dtype);
  if (wrong !== undefined) {
    throw new GraphError(
      "invalid-value",
      `constant: ${wrong} is no ${dtype}`,
      `Give whole numbers from ${integerRanges[dtype]?.join(" to ")}, or another dtype`,
    );
  }
  const outputs: Tensor[] = [];
  return leaf({ kind: "constant", data, outputs }, outputs, checked, dtype);
}

/** Zeros with another tensor's shape and element type. */
export function zerosLike(tensor: TensorType): Tensor {
  return constant(0, tensor.shape, tensor.dtype);
}

/** A tensor as it is; a number as a scalar constant of the given element type. */
export function toTensor(operand: Operand, dtype: DType = "float32"): Tensor {
  return typeof operand === "number" ? constant(operand, [], dtype) : operand;
}

/** Two operands as tensors of one element type: a number takes the other operand's. */
export function toTensors(operator: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float32";
  const pair: [Tensor, Tensor] = [toTensor(a, dtype), toTensor(b, dtype)];
  if (pair[0].dtype !== pair[1].dtype) throw dtypeError(operator, pair, "element types must be equal");
  return pair;
}

/**
 * Applies an operator to tensors: the one way in which the graph grows.
 *
 * @returns all outputs of the operation; most operators have one, see {@link applySingle}
 * @throws GraphError from the operator's `infer`
 */
export function apply<A extends Attributes>(
  operator: Operator<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const source: Operation<A> = { kind: "operation", operator, inputs, attributes, outputs };
  operator.infer(inputs, attributes).forEach(({ shape, dtype }, index) => {
    outputs.push({ source, index, shape: Object.freeze([...shape]), dtype });
  });
  return outputs;
}

/** {@link apply} for an operator with one output. */
export function applySingle<A extends Attributes>(
  operator: Operator<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  const [output] = apply(operator, inputs, attributes);
  if (output === undefined) {
    throw new GraphError("misuse", `${operator.name} infers no output`, "Return one type from its infer");
  }
  return output;
}
