/** Pooling in two dimensions: the largest or the mean element of each window of an image. */
import { shapeError } from "../errors/errors.js";
import type { NumericTensor, OnnxAttribute, Operator } from "../tensor/operator.js";
import { elementCount, type Shape } from "../tensor/shape.js";
import { applySingle, constant, type Tensor, type TensorType } from "../tensor/tensor.js";
import { zeros } from "./broadcastTo.js";
import { conv2dInputGradient } from "./convolution.js";
import { scatterAdd } from "./indexing.js";
import { reshape } from "./layout.js";
import { floatTypes, requireTypes } from "./shared/elementTypes.js";
import { type Pair, pairOf, windowCount } from "./shared/windows.js";

type PoolAttributes = { readonly window: Pair; readonly stride: Pair; readonly padding: Pair };

function inferPool(name: string, inputs: readonly TensorType[], attributes: PoolAttributes): TensorType {
  requireTypes(name, inputs, floatTypes);
  const shape = inputs[0]?.shape ?? [];
  if (shape.length !== 4) {
    throw shapeError(
      name,
      inputs,
      "images are [batch, channels, height, width]",
      "Reshape to four dimensions",
    );
  }
  const { window, stride, padding } = attributes;
  const size = ([0, 1] as const).map((i) =>
    windowCount(name, inputs, shape[i + 2] ?? 0, {
      window: window[i],
      stride: stride[i],
      padding: padding[i],
      dilation: 1,
    }),
  );
  return { shape: [...shape.slice(0, 2), ...size], dtype: "float32" };
}

const onnxAttributes = ({ window, stride, padding }: PoolAttributes): Record<string, OnnxAttribute> => ({
  kernel_shape: { ints: window },
  strides: { ints: stride },
  pads: { ints: [...padding, ...padding] },
});

/**
 * For each window, in row-major order of the result, the offsets of its elements in x, without the padding.
 */
function* windowsOf(x: Shape, y: Shape, { window, stride, padding }: PoolAttributes): Generator<number[]> {
  const [, , height = 0, width = 0] = x;
  const [batch = 0, channels = 0, rows = 0, columns = 0] = y;
  for (let image = 0; image < batch * channels; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const offsets: number[] = [];
        for (let i = 0; i < window[0]; i++)
          for (let j = 0; j < window[1]; j++) {
            const h = row * stride[0] - padding[0] + i;
            const v = column * stride[1] - padding[1] + j;
            if (h >= 0 && h < height && v >= 0 && v < width) offsets.push((image * height + h) * width + v);
          }
        yield offsets;
      }
}

const at = (x: NumericTensor | undefined, offset: number): number => x?.data[offset] ?? Number.NaN;

/** Gives the largest elements and their offsets in x. */
export const maxPool2dOperator: Operator<PoolAttributes> = {
  name: "maxPool2d",
  infer: (inputs, attributes) => {
    const y = inferPool("maxPool2d", inputs, attributes);
    return [y, { shape: y.shape, dtype: "int64" }];
  },
  gradient: ({ inputs: [x], outputs: [, offsets] }, [dy]) => {
    if (!x || !offsets || !dy) return [];
    const flat = zeros([elementCount(x.shape)]);
    return [reshape(scatterAdd(flat, reshape(offsets, [-1]), reshape(dy, [-1])), x.shape)];
  },
  toOnnx: (emitter, inputs, { attributes }) =>
    emitter.nodes("MaxPool", inputs, 2, { attributes: onnxAttributes(attributes) }),
  evaluate: ([x], { attributes, outputs: [y] }) => {
    const largest = [...windowsOf(x?.shape ?? [], y?.shape ?? [], attributes)].map((offsets) =>
      offsets.reduce((best, offset) => (at(x, offset) > at(x, best) ? offset : best)),
    );
    return [Float64Array.from(largest, (offset) => at(x, offset)), Float64Array.from(largest)];
  },
};

/** The mean of each window, where padding counts as zeros. */
export const averagePool2dOperator: Operator<PoolAttributes> = {
  name: "averagePool2d",
  infer: (inputs, attributes) => [inferPool("averagePool2d", inputs, attributes)],
  // The mean is a convolution of every channel for itself with a constant.
  gradient: ({ inputs: [x], attributes: { window, stride, padding } }, [dy]) => {
    if (!x || !dy) return [];
    const [batch = 1, channels = 1, ...size] = x.shape;
    const weights = constant(1 / (window[0] * window[1]), [1, 1, ...window]);
    const image = (tensor: Tensor) => reshape(tensor, [batch * channels, 1, ...tensor.shape.slice(2)]);
    const geometry = { stride, padding, dilation: [1, 1] } as const;
    return [
      reshape(conv2dInputGradient(image(dy), weights, [batch * channels, 1, ...size], geometry), x.shape),
    ];
  },
  toOnnx: (emitter, inputs, { attributes }) => [
    emitter.node("AveragePool", inputs, {
      attributes: { ...onnxAttributes(attributes), count_include_pad: { int: 1 } },
    }),
  ],
  evaluate: ([x], { attributes, outputs: [y] }) => {
    const count = attributes.window[0] * attributes.window[1];
    const windows = [...windowsOf(x?.shape ?? [], y?.shape ?? [], attributes)];
    return [Float64Array.from(windows, (offsets) => offsets.reduce((sum, i) => sum + at(x, i), 0) / count)];
  },
};

/** Settings of the pools: one number for both directions, or [vertical, horizontal]. */
export interface Pool2dOptions {
  readonly window: number | Pair;
  /** Distance between windows; default the window, so that windows neither overlap nor leave gaps. */
  readonly stride?: number | Pair;
  /** Rows and columns around the image, fewer than the window's; default 0. */
  readonly padding?: number | Pair;
}

function normalise(name: string, options: Pool2dOptions): PoolAttributes {
  const window = pairOf(`${name} window`, options.window, 1);
  const padding = pairOf(`${name} padding`, options.padding ?? 0, 0);
  // Otherwise a window could lie in the padding altogether.
  pairOf(`${name} window less padding`, [window[0] - padding[0], window[1] - padding[1]], 1);
  return { window, padding, stride: pairOf(`${name} stride`, options.stride ?? window, 1) };
}

/**
 * The largest element of each window of an image; padding never counts. The derivative goes to the first of
 * those that tie, in row-major order.
 *
 * @param x images [batch, channels, height, width]
 * @throws GraphError `shape-mismatch` where a window exceeds the image, `invalid-value`
 */
export function maxPool2d(x: Tensor, options: Pool2dOptions): Tensor {
  return applySingle(maxPool2dOperator, [x], normalise("maxPool2d", options));
}

/**
 * The mean of each window of an image; padding counts as zeros.
 *
 * @param x images [batch, channels, height, width]
 * @throws GraphError `shape-mismatch` where a window exceeds the image, `invalid-value`
 */
export function averagePool2d(x: Tensor, options: Pool2dOptions): Tensor {
  return applySingle(averagePool2dOperator, [x], normalise("averagePool2d", options));
}

export const poolingOperators: readonly Operator[] = [maxPool2dOperator, averagePool2dOperator];
