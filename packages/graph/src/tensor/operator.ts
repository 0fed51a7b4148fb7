import type { Shape } from "./shape.js";
import type { DType, Operation, Tensor, TensorType } from "./tensor.js";

/**
 * A value that an attribute may have: plain data, so that compilation can tell equal operations by their
 * content.
 */
export type AttributeValue = number | boolean | string | readonly number[];

/**
 * Settings of one application of an operator, known before anything runs (axes, epsilon, strides ...).
 * Declare an operator's own as a `type`, not an `interface`: only types are assignable to this one.
 */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The attributes of an operator that has none: pass `{}`. */
export type NoAttributes = Readonly<Record<string, never>>;

/**
 * Everything about one operator, as one object in one file of `operators/`:
 * its types, its derivative, its ONNX form and its meaning in float64.
 *
 * The file also exports the function that users call, which checks and normalises its arguments (axes counted
 * from the front, defaults filled in) and calls `apply` or `applySingle`, so that every method here sees
 * normalised attributes.
 */
export interface Operator<A extends Attributes = Attributes> {
  /** The public function's name, as errors show it. */
  readonly name: string;

  /**
   * Shapes and element types of the outputs.
   *
   * @throws GraphError `shape-mismatch` or `dtype-mismatch`, made by `shapeError` and `dtypeError`
   */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];

  /**
   * The derivative, as further symbolic tensors: for output gradients dL/dy, the input gradients dL/dx.
   * May reuse the operation's inputs and outputs: compilation shares them with the forward pass.
   *
   * @param outputGradients one per output, undefined where the loss does not depend on that output; at least
   *   one is set
   * @returns one per input, of exactly the input's shape (see `sumTo` for broadcasting); undefined where the
   *   loss does not depend on that input or the input is not float32
   */
  gradient(
    operation: Operation<A>,
    outputGradients: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];

  /**
   * Emits ONNX nodes (opset 20 of the default domain, 1 of com.microsoft) for the operation.
   *
   * @param inputs ONNX names of the inputs
   * @returns ONNX names of the outputs, one per output
   */
  toOnnx(emitter: Emitter, inputs: readonly string[], operation: Operation<A>): readonly string[];

  /**
   * The meaning, in float64: the reference of all tests, also used for folding constants. Clarity before
   * speed.
   *
   * @param inputs the inputs' numbers with their types; integers and booleans as whole numbers (exact up to
   *   2^53)
   * @returns the outputs' numbers in row-major order, one array per output (never one of the inputs' own
   *   arrays)
   */
  evaluate(inputs: readonly NumericTensor[], operation: Operation<A>): readonly Float64Array[];
}

/** A tensor with its numbers, in row-major order. */
export interface NumericTensor extends TensorType {
  readonly data: Float64Array;
}

/** An attribute of an ONNX node, with its ONNX type spelled out. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

/** Settings of {@link Emitter.node}. */
export interface OnnxNodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** "" (the default) is ONNX's own domain. */
  readonly domain?: "" | "com.microsoft";
}

/** Collects the nodes and constants of an ONNX graph; names are made by it, unique and valid. */
export interface Emitter {
  /** Whether only ONNX's own operators may be used, so that other runtimes than ONNX Runtime read the graph. */
  readonly portable: boolean;

  /**
   * Adds an ONNX node with one output.
   *
   * @param inputs names; "" leaves an optional input out
   * @returns the name of the output
   */
  node(opType: string, inputs: readonly string[], options?: OnnxNodeOptions): string;

  /** Adds an ONNX node with several outputs; the names of all of them. */
  nodes(opType: string, inputs: readonly string[], outputCount: number, options?: OnnxNodeOptions): string[];

  /** The name of a constant with these elements in row-major order; equal constants share one initializer. */
  constant(values: ArrayLike<number>, shape: Shape, dtype: DType): string;
}
