import fc from "fast-check";
import { gather, gatherElements, scatterAdd } from "../../src/operators/index.js";
import type { DType } from "../../src/tensor/tensor.js";
import { anyExtent, floats, integers, nonEmptyShape, shapeOfRank } from "../draw.js";
import { applied, axisOf, type Cases, type CaseTable } from "./applied.js";

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

/** Elements by their indices. */
export const indexingCases: CaseTable = {
  gather: gatherCases,
  gatherElements: gatherElementsCases,
  scatterAdd: scatterAddCases,
};
