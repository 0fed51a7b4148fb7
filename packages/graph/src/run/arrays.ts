import { GraphError } from "../errors/errors.js";
import { elementCount } from "../tensor/shape.js";
import type { DType, TensorType } from "../tensor/tensor.js";
import { unknownName } from "../tensor/traverse.js";

/**
 * Arrays that hold a tensor's numbers: the array's type is the tensor's element type; bool is bytes of 0 or
 * 1.
 */
export type TensorArray = Float32Array | Int32Array | BigInt64Array | Uint8Array;

const arrayTypes: Readonly<Record<DType, { readonly name: string; test(array: TensorArray): boolean }>> = {
  float32: { name: "Float32Array", test: (array) => array instanceof Float32Array },
  int32: { name: "Int32Array", test: (array) => array instanceof Int32Array },
  int64: { name: "BigInt64Array", test: (array) => array instanceof BigInt64Array },
  uint8: { name: "Uint8Array", test: (array) => array instanceof Uint8Array },
  bool: { name: "Uint8Array", test: (array) => array instanceof Uint8Array },
};

function checkArray(kind: "input" | "output", name: string, value: TensorType, array: TensorArray): void {
  const { name: wanted, test } = arrayTypes[value.dtype];
  const count = elementCount(value.shape);
  const what = `${kind} "${name}" is ${value.dtype} [${value.shape.join(", ")}]`;
  if (!test(array)) {
    throw new GraphError(
      "dtype-mismatch",
      `${what} and needs a ${wanted}, found ${array.constructor.name}`,
      `Pass a ${wanted} of ${count} elements`,
    );
  }
  if (array.length !== count) {
    throw new GraphError(
      "shape-mismatch",
      `${what} and needs ${count} elements, found ${array.length}`,
      `Pass a ${wanted} of ${count} elements`,
    );
  }
}

/**
 * The arrays paired with the values that they are for, checked.
 *
 * @throws GraphError `unknown-name`, `dtype-mismatch` or `shape-mismatch` for an array that does not fit
 */
export function pair<Value extends TensorType>(
  kind: "input" | "output",
  values: Readonly<Record<string, Value>>,
  arrays: Readonly<Record<string, TensorArray>>,
): { readonly name: string; readonly value: Value; readonly array: TensorArray }[] {
  return Object.entries(arrays).map(([name, array]) => {
    const value = values[name];
    if (value === undefined) throw unknownName(kind, name, Object.keys(values));
    checkArray(kind, name, value, array);
    return { name, value, array };
  });
}
