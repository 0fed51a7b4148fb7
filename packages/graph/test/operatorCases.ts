/**
 * How to draw an application of every operator: the table that the tests of derivatives and of ONNX forms go
 * through.
 */
import fc from "fast-check";
import { gradients } from "../src/differentiate/gradients.js";
import {
  abs,
  add,
  after,
  argMax,
  averagePool2d,
  broadcastTo,
  cast,
  concat,
  conv2d,
  cos,
  divide,
  equal,
  erf,
  exp,
  gather,
  gatherElements,
  gelu,
  greater,
  greaterEqual,
  layerNorm,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logSoftmax,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  minimum,
  multiply,
  negate,
  pad,
  power,
  relu,
  reshape,
  rmsNorm,
  scatterAdd,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  softplus,
  split,
  sqrt,
  square,
  step,
  subtract,
  sum,
  sumTo,
  tanh,
  transpose,
  uniform,
  where,
} from "../src/operators/index.js";
import type { Shape } from "../src/tensor/shape.js";
import type { DType, Tensor } from "../src/tensor/tensor.js";
import {
  anyExtent,
  anyShape,
  broadcastable,
  type DrawnInput,
  floats,
  integers,
  nonEmptyShape,
  type OperatorCase,
  positive,
  shapeOfRank,
  smallerShape,
} from "./draw.js";

type Cases = fc.Arbitrary<OperatorCase>;

/** A case from arbitrary inputs, which become the arguments of a function. */
const applied = (
  inputs: readonly fc.Arbitrary<DrawnInput>[],
  build: (...tensors: [Tensor, Tensor, Tensor]) => Tensor | readonly Tensor[],
): Cases =>
  fc.tuple(...inputs).map((drawn) => ({
    inputs: drawn,
    build: ([a, b = a, c = a]) => {
      if (!a || !b || !c) throw new Error("a case has at least one input");
      return build(a, b, c);
    },
  }));

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

/** Axes of a shape, in any order, and whether to keep them. */
const axesOf = (shape: Shape) =>
  fc.record({
    axes: fc.subarray(
      shape.map((_, axis) => (axis % 2 === 0 ? axis : axis - shape.length)),
      { minLength: Math.min(1, shape.length) },
    ),
    keepDims: fc.boolean(),
  });

const reduction = (
  f: (x: Tensor, options: { readonly axes: readonly number[]; readonly keepDims: boolean }) => Tensor,
  shapes: fc.Arbitrary<Shape>,
): Cases =>
  shapes.chain((shape) => axesOf(shape).chain((options) => applied([floats(shape)], (x) => f(x, options))));

const axisOf = (shape: Shape) => fc.integer({ min: -shape.length, max: shape.length - 1 });

const alongAxis = (f: (x: Tensor, axis: number) => Tensor, shapes: fc.Arbitrary<Shape>): Cases =>
  shapes.chain((shape) => axisOf(shape).chain((axis) => applied([floats(shape)], (x) => f(x, axis))));

const matmulCases: Cases = fc
  .record({
    batches: broadcastable(2),
    rows: anyExtent,
    inner: anyExtent,
    columns: anyExtent,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    scale: fc.constantFrom(1, 0.5),
  })
  .chain(({ batches: [a = [], b = []], rows, inner, columns, ...options }) =>
    applied(
      [
        floats([...a.slice(-2), ...(options.transposeA ? [inner, rows] : [rows, inner])]),
        floats([...b.slice(-2), ...(options.transposeB ? [columns, inner] : [inner, columns])], 1),
      ],
      (x, y) => matmul(x, y, options),
    ),
  );

const layerNormCases: Cases = fc
  .tuple(shapeOfRank(0, 2), nonEmptyShape(1, 2))
  .chain(([batch, width]) =>
    fc
      .boolean()
      .chain((withBias) =>
        applied(
          [floats([...batch, ...width, 2]), floats([...width, 2], 1), floats([...width, 2], 2)],
          (x, scale, bias) =>
            withBias ? layerNorm(x, scale, bias, 0.01) : layerNorm(x, scale, undefined, 0.01),
        ),
      ),
  );

const sliceCases: Cases = anyShape.chain((shape) =>
  fc
    .tuple(
      ...shape.map(() =>
        fc.tuple(
          fc.integer({ min: -4, max: 4 }),
          fc.integer({ min: -4, max: 4 }),
          fc.integer({ min: 1, max: 3 }),
        ),
      ),
    )
    .chain((ranges) =>
      applied([floats(shape)], (x) =>
        slice(
          x,
          ranges.map(([start]) => start),
          ranges.map(([, end]) => end),
          { steps: ranges.map(([, , s]) => s) },
        ),
      ),
    ),
);

const padCases: Cases = anyShape.chain((shape) => {
  const amounts = fc.array(fc.nat(2), { minLength: shape.length, maxLength: shape.length });
  return fc
    .tuple(amounts, amounts)
    .chain(([before, after]) => applied([floats(shape)], (x) => pad(x, before, after, 0.25)));
});

const concatCases: Cases = shapeOfRank(1, 3).chain((shape) =>
  fc
    .tuple(axisOf(shape), anyExtent, anyExtent)
    .chain(([axis, second, third]) =>
      applied(
        [floats(shape), floats(shape.with(axis, second), 1), floats(shape.with(axis, third), 2)],
        (a, b, c) => concat([a, b, c], { axis }),
      ),
    ),
);

const splitCases: Cases = shapeOfRank(1, 3).chain((shape) =>
  fc.tuple(axisOf(shape), fc.array(anyExtent, { minLength: 2, maxLength: 3 })).chain(([axis, sizes]) =>
    applied(
      [
        floats(
          shape.with(
            axis,
            sizes.reduce((a, b) => a + b, 0),
          ),
        ),
      ],
      (x) => split(x, sizes, { axis }).slice(1),
    ),
  ),
);

const indexType = fc.constantFrom<DType[]>("int32", "int64");

const gatherCases: Cases = nonEmptyShape(1, 3).chain((shape) =>
  fc.tuple(axisOf(shape), shapeOfRank(0, 2), indexType).chain(([axis, indices, dtype]) => {
    const extent = shape.at(axis) ?? 1;
    return applied([floats(shape), integers(indices, dtype, -extent, extent - 1)], (x, i) =>
      gather(x, i, { axis }),
    );
  }),
);

/** Shapes of a tensor and of indices into it along an axis. */
const aligned = nonEmptyShape(1, 3).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axis: axisOf(shape),
    indices: fc.tuple(...shape.map((extent) => fc.nat(extent))),
    along: anyExtent,
    dtype: indexType,
  }),
);

const gatherElementsCases: Cases = aligned.chain(({ shape, axis, indices, along, dtype }) => {
  const extent = shape.at(axis) ?? 1;
  const counts = indices.with(axis, along);
  return applied([floats(shape), integers(counts, dtype, -extent, extent - 1)], (x, i) =>
    gatherElements(x, i, { axis }),
  );
});

const scatterAddCases: Cases = aligned.chain(({ shape, axis, indices, along, dtype }) => {
  const extent = shape.at(axis) ?? 1;
  const counts = indices.with(axis, along);
  return applied(
    [floats(shape), integers(counts, dtype, -extent, extent - 1), floats(counts, 1)],
    (x, i, updates) => scatterAdd(x, i, updates, { axis }),
  );
});

const pair = (min: number, max: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const conv2dCases: Cases = fc
  .record({
    batch: anyExtent,
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
    kernel: pair(1, 3),
    extra: pair(0, 2),
    stride: pair(1, 3),
    padding: pair(0, 2),
    dilation: pair(1, 2),
    withBias: fc.boolean(),
  })
  .chain(({ batch, channels, filters, kernel, extra, withBias, ...geometry }) => {
    const size = kernel.map((k, i) => (k - 1) * (geometry.dilation[i] ?? 1) + 1 + (extra[i] ?? 0));
    return applied(
      [floats([batch, channels, ...size]), floats([filters, channels, ...kernel], 1), floats([filters], 2)],
      (x, w, bias) => conv2d(x, w, withBias ? { ...geometry, bias } : geometry),
    );
  });

/** The first derivative by one input of a case, as a case: for operators that only derivatives use. */
const derivativeOf = (cases: Cases, index: number): Cases =>
  cases.map(({ inputs, build }) => ({
    inputs,
    build: (tensors) => {
      const built = build(tensors);
      const wrt = tensors[index];
      if (!("source" in built) || !wrt) throw new Error("a case with one output");
      return gradients(sum(square(built)), [wrt]);
    },
  }));

const pool2d = (f: typeof maxPool2d): Cases =>
  fc
    .record({
      images: fc.tuple(anyExtent, anyExtent),
      window: pair(1, 3),
      extra: pair(0, 2),
      stride: pair(1, 3),
      padding: pair(0, 2),
    })
    .chain(({ images, window, extra, stride, padding }) => {
      const less = padding.map((p, i) => Math.min(p, (window[i] ?? 1) - 1));
      const options = { window, stride, padding: [less[0] ?? 0, less[1] ?? 0] as const };
      return applied([floats([...images, ...window.map((w, i) => w + (extra[i] ?? 0))])], (x) =>
        f(x, options),
      );
    });

export const operatorCases: Readonly<Record<string, Cases>> = {
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
  sum: reduction(sum, anyShape),
  mean: reduction(mean, nonEmptyShape(0, 3)),
  max: reduction(max, nonEmptyShape(0, 3)),
  min: reduction(min, nonEmptyShape(0, 3)),
  argMax: alongAxis((x, axis) => argMax(x, { axis }), nonEmptyShape(1, 3)),
  matmul: matmulCases,
  softmax: alongAxis((x, axis) => softmax(x, { axis }), shapeOfRank(1, 3)),
  logSoftmax: alongAxis((x, axis) => logSoftmax(x, { axis }), shapeOfRank(1, 3)),
  layerNorm: layerNormCases,
  rmsNorm: nonEmptyShape(1, 3).chain((shape) =>
    applied([floats(shape), floats(shape.slice(-1), 1)], (x, scale) => rmsNorm(x, scale, 0.01)),
  ),
  broadcastTo: anyShape.chain((shape) =>
    smallerShape(shape).chain((small) => applied([floats(small)], (x) => broadcastTo(x, shape))),
  ),
  sumTo: anyShape.chain((shape) =>
    smallerShape(shape).chain((small) => applied([floats(shape)], (x) => sumTo(x, small))),
  ),
  reshape: anyShape.chain((shape) =>
    fc
      .shuffledSubarray([...shape, 1], { minLength: shape.length + 1 })
      .chain((other) => applied([floats(shape)], (x) => reshape(x, other))),
  ),
  transpose: anyShape.chain((shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, axis) => axis),
        { minLength: shape.length },
      )
      .chain((permutation) => applied([floats(shape)], (x) => transpose(x, permutation))),
  ),
  slice: sliceCases,
  pad: padCases,
  concat: concatCases,
  split: splitCases,
  gather: gatherCases,
  gatherElements: gatherElementsCases,
  scatterAdd: scatterAddCases,
  conv2d: conv2dCases,
  conv2dInputGradient: derivativeOf(conv2dCases, 0),
  conv2dWeightGradient: derivativeOf(conv2dCases, 1),
  maxPool2d: pool2d(maxPool2d),
  averagePool2d: pool2d(averagePool2d),
  uniform: anyShape.chain((shape) =>
    applied([integers([], "int64", -(2 ** 31), 2 ** 31)], (key) => uniform(key, shape)),
  ),
  after: anyShape.chain((shape) =>
    fc
      .constantFrom<DType>("float32", "int32")
      .chain((dtype) =>
        applied(
          [dtype === "float32" ? floats(shape) : integers(shape, dtype, -3, 3), floats([2, 1], 1)],
          (x, first) => after(x, first),
        ),
      ),
  ),
};
