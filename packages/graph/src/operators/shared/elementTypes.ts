import { dtypeError } from "../../errors/errors.js";
import type { DType, TensorType } from "../../tensor/tensor.js";

export const floatTypes: readonly DType[] = ["float32"];
export const signedTypes: readonly DType[] = ["float32", "int32", "int64"];
export const numericTypes: readonly DType[] = ["float32", "int32", "int64", "uint8"];
export const indexTypes: readonly DType[] = ["int32", "int64"];
export const booleanTypes: readonly DType[] = ["bool"];
export const allTypes: readonly DType[] = [...numericTypes, "bool"];

/**
 * Checks that all inputs have one of the element types that an operator takes.
 *
 * @throws GraphError `dtype-mismatch`
 */
export function requireTypes(
  operator: string,
  inputs: readonly TensorType[],
  allowed: readonly DType[],
  what = "the element type",
): void {
  if (inputs.some((x) => !allowed.includes(x.dtype))) {
    throw dtypeError(operator, inputs, `${what} must be ${allowed.join(" or ")}`);
  }
}

/**
 * Checks that all inputs have the same element type.
 *
 * @throws GraphError `dtype-mismatch`
 */
export function requireEqualTypes(operator: string, inputs: readonly TensorType[]): void {
  if (inputs.some((x) => x.dtype !== inputs[0]?.dtype)) {
    throw dtypeError(operator, inputs, "element types must be equal");
  }
}

/** A result as its element type stores it: integers lose their fraction, int32 and uint8 wrap around. */
export function stored(value: number, dtype: DType): number {
  switch (dtype) {
    case "int32":
      return value | 0;
    case "uint8":
      return value & 0xff;
    case "int64":
      return Math.trunc(value);
    case "bool":
      return value === 0 ? 0 : 1;
    case "float32":
      return value;
  }
}
