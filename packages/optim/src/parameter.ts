/**
 * What a parameter is in its network. Optimizers and weight decay choose by role, never by the name's text.
 */
export type ParameterRole = "hiddenMatrix" | "embedding" | "head" | "bias" | "norm" | "convolution" | "other";

/** Every role. */
export const parameterRoles: readonly ParameterRole[] = [
  "hiddenMatrix",
  "embedding",
  "head",
  "bias",
  "norm",
  "convolution",
  "other",
];

/** A parameter tensor: row-major, float32 or float64 as its optimizer is. A scalar has the shape []. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: ParameterRole;
}

/** Number of elements of a shape; 1 for a scalar. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
