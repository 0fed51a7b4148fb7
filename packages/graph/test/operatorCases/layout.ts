import fc from "fast-check";
import {
  broadcastTo,
  concat,
  pad,
  reshape,
  slice,
  split,
  sumTo,
  transpose,
} from "../../src/operators/index.js";
import { anyExtent, anyShape, floats, shapeOfRank, smallerShape } from "../draw.js";
import { applied, axisOf, type Cases, type CaseTable } from "./applied.js";

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

/** Shapes, and parts of tensors. */
export const layoutCases: CaseTable = {
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
};
