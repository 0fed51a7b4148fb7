import fc from "fast-check";
import { after, uniform } from "../../src/operators/index.js";
import type { DType } from "../../src/tensor/tensor.js";
import { anyShape, floats, integers } from "../draw.js";
import { applied, type CaseTable } from "./applied.js";
import { elementwiseCases } from "./elementwise.js";
import { indexingCases } from "./indexing.js";
import { layoutCases } from "./layout.js";
import { productCases } from "./products.js";
import { reductionCases } from "./reductions.js";

/**
 * How to draw an application of every operator: the table that the tests of derivatives and of ONNX forms go
 * through.
 */
export const operatorCases: CaseTable = {
  ...elementwiseCases,
  ...reductionCases,
  ...layoutCases,
  ...indexingCases,
  ...productCases,
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
