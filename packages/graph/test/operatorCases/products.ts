import fc from "fast-check";
import { gradients } from "../../src/differentiate/gradients.js";
import { averagePool2d, conv2d, matmul, maxPool2d, square, sum } from "../../src/operators/index.js";
import { anyExtent, broadcastable, floats } from "../draw.js";
import { applied, type Cases, type CaseTable } from "./applied.js";

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

/** Products of matrices, and windows that move over images. */
export const productCases: CaseTable = {
  matmul: matmulCases,
  conv2d: conv2dCases,
  conv2dInputGradient: derivativeOf(conv2dCases, 0),
  conv2dWeightGradient: derivativeOf(conv2dCases, 1),
  maxPool2d: pool2d(maxPool2d),
  averagePool2d: pool2d(averagePool2d),
};
