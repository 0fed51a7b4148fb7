import {
  add,
  div,
  type Expression,
  max,
  mul,
  type Operand,
  select,
  sign,
} from "../../language/expression.js";

/** What the mask of a cautious rule is scaled by, so that steps keep their length on average. */
export const maskScales = ["mean", "count"] as const;
type MaskScale = (typeof maskScales)[number];

export const maskScaleDescription =
  "the mask is divided by its mean over the parameter, at least 1e-3 (C-Optim's AdamW), or times n / (sum + 1) (C-Optim's Lion)";

/** A step where the direction agrees with the gradient, else 0. */
export const whereAgreed = (direction: Expression, gradient: Expression, step: Operand): Expression =>
  // The sign of one of the two, since the product of two small numbers would vanish.
  select(mul(sign(direction), gradient), "greater", 0, step, 0);

/** The sums over a parameter that the scale of its mask needs. */
export const maskSums = (direction: Expression, gradient: Expression) =>
  ({
    agreed: { over: "parameter", sum: whereAgreed(direction, gradient, 1) },
    size: { over: "parameter", sum: 1 },
  }) as const;

/** The factor of a mask. */
export const maskFactor = (
  { agreed, size }: Readonly<Record<"agreed" | "size", Expression>>,
  scale: MaskScale,
): Expression => (scale === "mean" ? div(1, max(div(agreed, size), 1e-3)) : div(size, add(agreed, 1)));
