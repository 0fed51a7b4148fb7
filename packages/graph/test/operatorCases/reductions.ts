import fc from "fast-check";
import {
  argMax,
  layerNorm,
  logSoftmax,
  max,
  mean,
  min,
  rmsNorm,
  softmax,
  sum,
} from "../../src/operators/index.js";
import type { Shape } from "../../src/tensor/shape.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { anyShape, floats, nonEmptyShape, shapeOfRank } from "../draw.js";
import { applied, axisOf, type Cases, type CaseTable } from "./applied.js";

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

const alongAxis = (f: (x: Tensor, axis: number) => Tensor, shapes: fc.Arbitrary<Shape>): Cases =>
  shapes.chain((shape) => axisOf(shape).chain((axis) => applied([floats(shape)], (x) => f(x, axis))));

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

/** Reductions, and normalisations, which contain them. */
export const reductionCases: CaseTable = {
  sum: reduction(sum, anyShape),
  mean: reduction(mean, nonEmptyShape(0, 3)),
  max: reduction(max, nonEmptyShape(0, 3)),
  min: reduction(min, nonEmptyShape(0, 3)),
  argMax: alongAxis((x, axis) => argMax(x, { axis }), nonEmptyShape(1, 3)),
  softmax: alongAxis((x, axis) => softmax(x, { axis }), shapeOfRank(1, 3)),
  logSoftmax: alongAxis((x, axis) => logSoftmax(x, { axis }), shapeOfRank(1, 3)),
  layerNorm: layerNormCases,
  rmsNorm: nonEmptyShape(1, 3).chain((shape) =>
    applied([floats(shape), floats(shape.slice(-1), 1)], (x, scale) => rmsNorm(x, scale, 0.01)),
  ),
};
