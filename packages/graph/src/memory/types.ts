import { GraphError } from "../errors/errors.js";
import { onnxDataType } from "../onnx/dataType.js";
import type { OnnxType, ReadGraph, ReadNode } from "../onnx/read.js";
import { broadcastShapes } from "../tensor/broadcast.js";
import type { Shape } from "../tensor/shape.js";

/** What a node's types are computed from. */
interface Context {
  readonly node: ReadNode;
  /** Types of its inputs, in order; undefined where one is left out. */
  readonly inputs: readonly (OnnxType | undefined)[];
  /** The elements of an integer input that is a constant. */
  list(index: number): readonly number[] | undefined;
  /** An attribute of one integer. */
  integer(name: string, otherwise: number): number;
  /** An attribute of several. */
  integers(name: string, otherwise: readonly number[]): readonly number[];
}

type Rule = (context: Context) => readonly OnnxType[] | undefined;

const first: Rule = ({ inputs: [x] }) => x && [x];
const present = (inputs: Context["inputs"]): readonly OnnxType[] => inputs.filter((x) => x !== undefined);
const broadcast = (inputs: Context["inputs"]): Shape => broadcastShapes("types", present(inputs));
const ofType = (shape: Shape, elementType: number): readonly OnnxType[] => [{ shape, elementType }];
const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const elementwise: Rule = ({ inputs }) => inputs[0] && ofType(broadcast(inputs), inputs[0].elementType);
const comparison: Rule = ({ inputs }) => ofType(broadcast(inputs), onnxDataType.bool);

const product: Rule = ({ inputs: [a, b], integer }) => {
  if (!a || !b) return undefined;
  const [rows = 1, inner = 1] = a.shape.slice(-2);
  const [innerOfB = 1, columns = 1] = b.shape.slice(-2);
  const batch = broadcast([a, b].map((x) => ({ ...x, shape: x.shape.slice(0, -2) })));
  const matrix = [integer("transA", 0) ? inner : rows, integer("transB", 0) ? innerOfB : columns];
  return ofType([...batch, ...matrix], a.elementType);
};

const reduction: Rule = ({ inputs: [x], list, integer }) => {
  if (!x) return undefined;
  const rank = x.shape.length;
  const axes = (list(1) ?? x.shape.map((_, axis) => axis)).map((axis) => axisOf(axis, rank));
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const shape = integer("keepdims", 1) ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return ofType(shape, x.elementType);
};

const argument: Rule = ({ inputs: [x], integer }) => {
  if (!x) return undefined;
  const axis = axisOf(integer("axis", 0), x.shape.length);
  const shape = integer("keepdims", 1) ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1);
  return ofType(shape, onnxDataType.int64);
};

const reshaped: Rule = ({ inputs: [x], list }) => {
  const wanted = list(1);
  if (!x || !wanted) return undefined;
  const extents = wanted.map((extent, axis) => (extent === 0 ? (x.shape[axis] ?? 0) : extent));
  const known = extents.reduce((all, extent) => (extent === -1 ? all : all * extent), 1);
  const count = x.shape.reduce((all, extent) => all * extent, 1);
  return ofType(
    extents.map((extent) => (extent === -1 ? count / known : extent)),
    x.elementType,
  );
};

const normalised =
  (statistics: number): Rule =>
  ({ inputs: [x], integer }) => {
    if (!x) return undefined;
    const axis = axisOf(integer("axis", -1), x.shape.length);
    const statistic = { ...x, shape: x.shape.map((extent, i) => (i < axis ? extent : 1)) };
    return [x, ...Array.from({ length: statistics }, () => statistic)];
  };

/** Extents of windows along each dimension of an image, with padding on both sides. */
function windows(context: Context, image: Shape, kernel: Shape): Shape {
  const ones = image.map(() => 1);
  const [strides, dilations] = [context.integers("strides", ones), context.integers("dilations", ones)];
  const pads = context.integers("pads", [...ones, ...ones].fill(0));
  return image.map((extent, i) => {
    const padded = extent + (pads[i] ?? 0) + (pads[i + image.length] ?? 0);
    return Math.floor((padded - (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) - 1) / (strides[i] ?? 1)) + 1;
  });
}

const pool: Rule = (context) => {
  const [x] = context.inputs;
  if (!x) return undefined;
  const size = windows(context, x.shape.slice(2), context.integers("kernel_shape", []));
  const y = { ...x, shape: [...x.shape.slice(0, 2), ...size] };
  return [y, { ...y, elementType: onnxDataType.int64 }];
};

const convolution: Rule = (context) => {
  const [x, w] = context.inputs;
  if (!x || !w) return undefined;
  const size = windows(context, x.shape.slice(2), w.shape.slice(2));
  return ofType([x.shape[0] ?? 0, w.shape[0] ?? 0, ...size], x.elementType);
};

const transposedConvolution: Rule = ({ inputs: [x, w], integers }) => {
  if (!x || !w) return undefined;
  const ones = x.shape.slice(2).map(() => 1);
  const [strides, dilations] = [integers("strides", ones), integers("dilations", ones)];
  const [pads, beyond] = [integers("pads", []), integers("output_padding", [])];
  const size = x.shape.slice(2).map((extent, i) => {
    const reach = (dilations[i] ?? 1) * ((w.shape[i + 2] ?? 1) - 1) + 1;
    const padding = (pads[i] ?? 0) + (pads[i + ones.length] ?? 0);
    return (strides[i] ?? 1) * (extent - 1) + (beyond[i] ?? 0) + reach - padding;
  });
  return ofType([x.shape[0] ?? 0, w.shape[1] ?? 0, ...size], x.elementType);
};

const sliced: Rule = ({ inputs: [x], list }) => {
  const [starts, ends] = [list(1), list(2)];
  if (!x || !starts || !ends) return undefined;
  const axes = list(3) ?? starts.map((_, i) => i);
  const steps = list(4) ?? starts.map(() => 1);
  let { shape } = x;
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(given, shape.length);
    const extent = shape[axis] ?? 0;
    const place = (at = 0) => Math.min(extent, Math.max(0, at < 0 ? at + extent : at));
    const length = place(ends[i]) - place(starts[i]);
    shape = shape.with(axis, Math.max(0, Math.ceil(length / (steps[i] ?? 1))));
  }
  return ofType(shape, x.elementType);
};

const parts: Rule = ({ node, inputs: [x], list, integer }) => {
  if (!x) return undefined;
  const axis = axisOf(integer("axis", 0), x.shape.length);
  const even = Math.ceil((x.shape[axis] ?? 0) / node.outputs.length);
  return (list(1) ?? node.outputs.map(() => even)).map((size) => ({ ...x, shape: x.shape.with(axis, size) }));
};

const chosen: Rule = ({ inputs }) => inputs[1] && ofType(broadcast(inputs), inputs[1].elementType);

const casted: Rule = ({ inputs: [x], integer }) => x && ofType(x.shape, integer("to", x.elementType));

const transposed: Rule = ({ inputs: [x], integers }) => {
  if (!x) return undefined;
  const permutation = integers("perm", x.shape.map((_, axis) => axis).toReversed());
  return ofType(
    permutation.map((axis) => x.shape[axis] ?? 0),
    x.elementType,
  );
};

const expanded: Rule = ({ inputs: [x], list }) => {
  const shape = list(1);
  return x && shape && ofType(broadcast([x, { ...x, shape }]), x.elementType);
};

const gathered: Rule = ({ inputs: [x, indices], integer }) => {
  if (!x || !indices) return undefined;
  const axis = axisOf(integer("axis", 0), x.shape.length);
  return ofType(x.shape.toSpliced(axis, 1, ...indices.shape), x.elementType);
};

const gatheredElements: Rule = ({ inputs: [x, indices] }) =>
  x && indices && ofType(indices.shape, x.elementType);

const joined: Rule = ({ inputs, integer }) => {
  const [x, ...others] = present(inputs);
  if (!x) return undefined;
  const axis = axisOf(integer("axis", 0), x.shape.length);
  const extent = others.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), x.shape[axis] ?? 0);
  return ofType(x.shape.with(axis, extent), x.elementType);
};

const padded: Rule = ({ inputs: [x], list }) => {
  const pads = list(1);
  if (!x || !pads) return undefined;
  const rank = x.shape.length;
  return ofType(
    x.shape.map((extent, axis) => extent + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0)),
    x.elementType,
  );
};

/** Channels that convolutions of constant weights compute at once, at most, and that they are padded to. */
const channelBlock = 16;

const blocked: Rule = ({ inputs: [x] }) =>
  x && ofType(x.shape.with(1, channelBlock * Math.ceil((x.shape[1] ?? 0) / channelBlock)), x.elementType);

const unblocked: Rule = ({ inputs: [x], integer }) =>
  x && ofType(x.shape.with(1, integer("channels", x.shape[1] ?? 0)), x.elementType);

const unary =
  "Abs BitShift Cos Erf Exp FastGelu Gelu HardSigmoid Identity Log LogSoftmax Neg Not QuickGelu Reciprocal Relu " +
  "ScatterElements Sigmoid Sign Sin Softmax Softplus Sqrt Tanh";
/** The operators that our own emit, and those that ONNX Runtime's optimiser makes of them. */
const rules: ReadonlyMap<string, Rule> = new Map(
  (
    [
      [first, unary],
      [elementwise, "Add And BitwiseXor Div Max Min Mod Mul Or Pow Sub"],
      [comparison, "Equal Greater GreaterOrEqual IsNaN Less LessOrEqual"],
      [chosen, "Where"],
      [casted, "Cast"],
      [product, "FusedGemm FusedMatMul Gemm MatMul"],
      [reduction, "ReduceMax ReduceMean ReduceMin ReduceSum"],
      [argument, "ArgMax"],
      [reshaped, "Reshape"],
      [transposed, "Transpose"],
      [expanded, "Expand"],
      [gathered, "Gather"],
      [gatheredElements, "GatherElements"],
      [joined, "Concat"],
      [parts, "Split"],
      [sliced, "Slice"],
      [padded, "Pad"],
      [normalised(2), "LayerNormalization"],
      [normalised(1), "SimplifiedLayerNormalization"],
      [pool, "AveragePool MaxPool"],
      [convolution, "Conv FusedConv"],
      [transposedConvolution, "ConvTranspose"],
      [blocked, "ReorderInput"],
      [unblocked, "ReorderOutput"],
    ] as const
  ).flatMap(([rule, names]) => names.split(" ").map((name) => [name, rule] as const)),
);

/**
 * The type of every value of a graph, by name, from the types of its inputs and constants.
 *
 * @throws GraphError `runtime` at a node whose types cannot be told
 */
export function typesOf({ nodes, constants, inputs }: ReadGraph): ReadonlyMap<string, OnnxType> {
  const types = new Map<string, OnnxType>([...inputs, ...constants]);
  for (const node of nodes) {
    const integers = (name: string, otherwise: readonly number[]) => node.integers.get(name) ?? otherwise;
    const outputs = rules.get(node.opType)?.({
      node,
      inputs: node.inputs.map((name) => types.get(name)),
      list: (index) => constants.get(node.inputs[index] ?? "")?.integers,
      integer: (name, otherwise) => integers(name, [otherwise])[0] ?? otherwise,
      integers,
    });
    node.outputs.forEach((name, i) => {
      const type = outputs?.[i];
      if (name !== "" && type === undefined) throw unknownType(node);
      if (type !== undefined) types.set(name, type);
    });
  }
  return types;
}

const unknownType = ({ opType, name }: ReadNode): GraphError =>
  new GraphError(
    "runtime",
    `the result of ${opType} "${name}" has no type that is known before the run`,
    "Measure the memory of a run instead",
  );
