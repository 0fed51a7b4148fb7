import fc from "fast-check";
import type { Shape } from "../../src/tensor/shape.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import type { DrawnInput, OperatorCase } from "../draw.js";

/** How to draw an application of an operator. */
export type Cases = fc.Arbitrary<OperatorCase>;

/** Applications by the operator's name. */
export type CaseTable = Readonly<Record<string, Cases>>;

/** A case from arbitrary inputs, which become the arguments of a function. */
export const applied = (
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

export const axisOf = (shape: Shape) => fc.integer({ min: -shape.length, max: shape.length - 1 });
