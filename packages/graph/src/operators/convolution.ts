/**
 * Convolution in two dimensions. y = x ⋆ w is linear in x and in w, so that its derivatives are two more
 * operators of the same taps, and the three are closed under differentiation.
 */
import { shapeError } from "../errors/errors.js";
import type { Emitter, NumericTensor, OnnxAttribute, Operator } from "../tensor/operator.js";
import { elementCount, type Shape } from "../tensor/shape.js";
import { applySingle, constant, type Tensor, type TensorType } from "../tensor/tensor.js";
import { sum } from "./reductions.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { type Pair, pairOf, windowCount } from "./shared/windows.js";

/** Vertical and horizontal settings of a convolution. */
type Geometry = {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
};

/** [batch, channels, height, width] of images, [filters, channels, height, width] of weights. */
type Extents = readonly [number, number, number, number];

function extentsOf(operator: string, inputs: readonly TensorType[], index: number): Extents {
  const shape = inputs[index]?.shape ?? [];
  const [leading = 0, channels = 0, height = 0, width = 0] = shape;
  if (shape.length === 4) return [leading, channels, height, width];
  throw shapeError(
    operator,
    inputs,
    "images are [batch, channels, height, width], weights [filters, channels, height, width]",
    "Reshape to four dimensions",
  );
}

function requireChannels(operator: string, inputs: readonly TensorType[], a: number, b: number): void {
  if (a !== b) {
    throw shapeError(
      operator,
      inputs,
      `the numbers of channels, ${a} and ${b}, must be equal`,
      "Correct a shape",
    );
  }
}

/** Extents of y = x ⋆ w. */
function outputShape(
  operator: string,
  inputs: readonly TensorType[],
  x: Extents,
  w: Extents,
  g: Geometry,
): Shape {
  const size = [0, 1].map((i) =>
    windowCount(operator, inputs, x[i + 2] ?? 0, {
      window: w[i + 2] ?? 0,
      stride: g.stride[i] ?? 1,
      padding: g.padding[i] ?? 0,
      dilation: g.dilation[i] ?? 1,
    }),
  );
  return [x[0], w[0], ...size];
}

/** Calls back with the offsets of all elements of x, w and y that meet in the sum y += x w. */
function forEachTap(
  x: Shape,
  w: Shape,
  y: Shape,
  { stride, padding, dilation }: Geometry,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [, channels = 0, height = 0, width = 0] = x;
  const [, , kernelHeight = 0, kernelWidth = 0] = w;
  const [batch = 0, filters = 0, rows = 0, columns = 0] = y;
  let yOffset = 0;
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < filters; m++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++, yOffset++)
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernelHeight; i++)
              for (let j = 0; j < kernelWidth; j++) {
                const h = row * stride[0] - padding[0] + i * dilation[0];
                const v = column * stride[1] - padding[1] + j * dilation[1];
                if (h < 0 || h >= height || v < 0 || v >= width) continue;
                const xOffset = ((n * channels + c) * height + h) * width + v;
                visit(xOffset, ((m * channels + c) * kernelHeight + i) * kernelWidth + j, yOffset);
              }
}

const product = (a: NumericTensor | undefined, i: number, b: NumericTensor | undefined, j: number): number =>
  (a?.data[i] ?? Number.NaN) * (b?.data[j] ?? Number.NaN);

const onnxAttributes = ({ stride, padding, dilation }: Geometry): Record<string, OnnxAttribute> => ({
  strides: { ints: stride },
  pads: { ints: [...padding, ...padding] },
  dilations: { ints: dilation },
});

/** y = x ⋆ w (+ bias). */
export const conv2dOperator: Operator<Geometry> = {
  name: "conv2d",
  infer: (inputs, geometry) => {
    requireTypes("conv2d", inputs, floatTypes);
    const [x, w] = [extentsOf("conv2d", inputs, 0), extentsOf("conv2d", inputs, 1)];
    requireChannels("conv2d", inputs, x[1], w[1]);
    const bias = inputs[2];
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== w[0])) {
      throw shapeError(
        "conv2d",
        inputs,
        "the bias must have one element per filter",
        "Reshape it to [filters]",
      );
    }
    return [{ shape: outputShape("conv2d", inputs, x, w, geometry), dtype: "float32" }];
  },
  gradient: ({ inputs: [x, w, bias], attributes }, [dy]) => {
    if (!x || !w || !dy) return [];
    return [
      conv2dInputGradient(dy, w, x.shape, attributes),
      conv2dWeightGradient(x, dy, w.shape, attributes),
      bias && sum(dy, { axes: [0, 2, 3] }),
    ];
  },
  toOnnx: (emitter, inputs, { attributes }) => [
    emitter.node("Conv", inputs, { attributes: onnxAttributes(attributes) }),
  ],
  evaluate: ([x, w, bias], { attributes, outputs: [y] }) => {
    const shape = y?.shape ?? [];
    const [, filters = 1, height = 1, width = 1] = shape;
    const result = Float64Array.from(
      { length: elementCount(shape) },
      (_, i) => bias?.data[Math.floor(i / (height * width)) % filters] ?? 0,
    );
    forEachTap(x?.shape ?? [], w?.shape ?? [], shape, attributes, (i, j, k) => {
      result[k] = (result[k] ?? 0) + product(x, i, w, j);
    });
    return [result];
  },
};

/** The geometry of y = x ⋆ w, and the shape of the one that is sought. */
type GradientAttributes = Geometry & { readonly shape: Shape };

/** dL/dx of y = x ⋆ w from dL/dy and w: the transposed convolution. */
export const conv2dInputGradientOperator: Operator<GradientAttributes> = {
  name: "conv2dInputGradient",
  infer: (_, { shape }) => [{ shape, dtype: "float32" }],
  gradient: ({ inputs: [dy, w], attributes }, [g]) =>
    dy && w && g
      ? [
          applySingle(conv2dOperator, [g, w], geometryOf(attributes)),
          conv2dWeightGradient(g, dy, w.shape, attributes),
        ]
      : [],
  toOnnx: (emitter, names, { inputs: [dy, w], attributes }) => {
    // Rows and columns of x that the last window does not reach.
    const beyond = [0, 1].map((i) => {
      const windows = ((dy?.shape[i + 2] ?? 1) - 1) * (attributes.stride[i] ?? 1);
      const reach = ((w?.shape[i + 2] ?? 1) - 1) * (attributes.dilation[i] ?? 1) + 1;
      return (attributes.shape[i + 2] ?? 0) + 2 * (attributes.padding[i] ?? 0) - windows - reach;
    });
    return [
      emitter.node("ConvTranspose", names, {
        attributes: { ...onnxAttributes(attributes), output_padding: { ints: beyond } },
      }),
    ];
  },
  evaluate: ([dy, w], { attributes }) => {
    const result = new Float64Array(elementCount(attributes.shape));
    forEachTap(attributes.shape, w?.shape ?? [], dy?.shape ?? [], attributes, (i, j, k) => {
      result[i] = (result[i] ?? 0) + product(dy, k, w, j);
    });
    return [result];
  },
};

/** dL/dw of y = x ⋆ w from x and dL/dy. */
export const conv2dWeightGradientOperator: Operator<GradientAttributes> = {
  name: "conv2dWeightGradient",
  infer: (_, { shape }) => [{ shape, dtype: "float32" }],
  gradient: ({ inputs: [x, dy], attributes }, [g]) =>
    x && dy && g
      ? [
          conv2dInputGradient(dy, g, x.shape, attributes),
          applySingle(conv2dOperator, [x, g], geometryOf(attributes)),
        ]
      : [],
  toOnnx: (emitter, [x = "", dy = ""], { attributes }) => {
    // A convolution too, where the batch plays the channels, dy the weights, and stride and dilation change
    // places.
    const swapped: Geometry = { ...attributes, stride: attributes.dilation, dilation: attributes.stride };
    const channelsFirst = (name: string) => swapLeading(emitter, name);
    const taps = emitter.node("Conv", [channelsFirst(x), channelsFirst(dy)], {
      attributes: onnxAttributes(swapped),
    });
    // Rows and columns that no window of y = x ⋆ w reaches give taps beyond the kernel.
    const list = (values: readonly number[]) => emitter.constant(values, [values.length], "int64");
    const kernel = emitter.node("Slice", [taps, list([0, 0]), list(attributes.shape.slice(2)), list([2, 3])]);
    return [channelsFirst(kernel)];
  },
  evaluate: ([x, dy], { attributes }) => {
    const result = new Float64Array(elementCount(attributes.shape));
    forEachTap(x?.shape ?? [], attributes.shape, dy?.shape ?? [], attributes, (i, j, k) => {
      result[j] = (result[j] ?? 0) + product(x, i, dy, k);
    });
    return [result];
  },
};

/** Exchanges the first two of four dimensions. */
const swapLeading = (emitter: Emitter, name: string): string =>
  emitter.node("Transpose", [name], { attributes: { perm: { ints: [1, 0, 2, 3] } } });

const geometryOf = ({ stride, padding, dilation }: Geometry): Geometry => ({ stride, padding, dilation });

/** dL/dx for x of shape `shape`; linear, as a sum over windows, in both tensors. */
export function conv2dInputGradient(dy: Tensor, w: Tensor, shape: Shape, geometry: Geometry): Tensor {
  return applySingle(conv2dInputGradientOperator, [dy, w], { ...geometryOf(geometry), shape });
}

function conv2dWeightGradient(x: Tensor, dy: Tensor, shape: Shape, geometry: Geometry): Tensor {
  // ONNX Runtime takes no convolution over zero channels, the role that the batch plays here.
  if (elementCount(x.shape) === 0 || elementCount(dy.shape) === 0) return constant(0, shape);
  return applySingle(conv2dWeightGradientOperator, [x, dy], { ...geometryOf(geometry), shape });
}

/** Settings of {@link conv2d}: one number for both directions, or [vertical, horizontal]. */
export interface Conv2dOptions {
  /** One number per filter, added to its outputs. */
  readonly bias?: Tensor;
  /** Distance between windows; default 1. */
  readonly stride?: number | Pair;
  /** Zeros around the image; default 0. */
  readonly padding?: number | Pair;
  /** Distance between the elements of a window; default 1. */
  readonly dilation?: number | Pair;
}

/**
 * Two-dimensional convolution (cross-correlation): y[n, m, r, s] = Σ x[n, c, r·stride + i·dilation − padding,
 * …] w[m, c, i, j].
 *
 * @param x images [batch, channels, height, width]
 * @param w weights [filters, channels, height, width]
 * @returns [batch, filters, ⌊(height + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, …]
 * @throws GraphError `shape-mismatch` where the shapes do not fit or the window exceeds the image,
 *   `invalid-value`
 */
export function conv2d(x: Tensor, w: Tensor, options: Conv2dOptions = {}): Tensor {
  return applySingle(conv2dOperator, options.bias ? [x, w, options.bias] : [x, w], {
    stride: pairOf("conv2d stride", options.stride ?? 1, 1),
    padding: pairOf("conv2d padding", options.padding ?? 0, 0),
    dilation: pairOf("conv2d dilation", options.dilation ?? 1, 1),
  });
}

export const convolutionOperators: readonly Operator[] = [
  conv2dOperator,
  conv2dInputGradientOperator,
  conv2dWeightGradientOperator,
];
