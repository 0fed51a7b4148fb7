import { expect, test } from "vitest";
import { add } from "../operators/binary.js";
import { matmul } from "../operators/matmul.js";
import { evaluate } from "../run/evaluate.js";
import { constant, input, parameter } from "../tensor/tensor.js";
import { GraphError } from "./errors.js";

function thrownBy(action: () => unknown): GraphError {
  try {
    action();
  } catch (error) {
    if (error instanceof GraphError) return error;
  }
  throw new Error("no GraphError was thrown");
}

/** The line of this file that calls this function. */
function thisLine(): number {
  const frame = new Error().stack
    ?.split("\n")
    .find((line) => line.includes("errors.test.ts") && !line.includes("thisLine"));
  return Number(/:(\d+):\d+\)?$/.exec(frame ?? "")?.[1]);
}

test("a shape error names the operator, both shapes, the line of the caller and the fix", () => {
  const error = thrownBy(() => matmul(parameter("a", [128, 784]), parameter("b", [100, 784])));
  const line = thisLine() - 1;
  expect(error.code).toBe("shape-mismatch");
  expect(error.message).toContain("matmul");
  expect(error.message).toContain("[128, 784] and [100, 784]");
  expect(error.message).toMatch(new RegExp(`errors\\.test\\.ts:${line}:\\d+`));
  expect(error.location).toMatch(new RegExp(`errors\\.test\\.ts:${line}:\\d+$`));
  expect(error.message).toContain(error.fix);
  expect(error.fix).toContain("transposeB");
});

test("a dtype error names both element types and says how to convert", () => {
  const error = thrownBy(() => add(input("a", [2], "int32"), input("b", [2])));
  expect(error.code).toBe("dtype-mismatch");
  expect(error.message).toMatch(/add: .*int32 and float32.*cast/);
});

test("shapes must be whole and not negative, names not empty", () => {
  expect(thrownBy(() => input("x", [2, -1])).message).toContain('input "x": extents must be integers >= 0');
  expect(thrownBy(() => input("", [2])).code).toBe("invalid-value");
});

test("constants must fit their shape and element type", () => {
  expect(thrownBy(() => constant([1, 2, 3], [2])).message).toContain("shape [2] has 2 elements, found 3");
  expect(thrownBy(() => constant(1.5, [], "int64")).message).toContain("1.5 is no int64");
  expect(thrownBy(() => constant([0, 256], [2], "uint8")).fix).toContain("from 0 to 255");
});

test("feeds that are missing, superfluous or of another size are told apart, with the nearest name", () => {
  const x = parameter("weight", [2, 2]);
  expect(thrownBy(() => evaluate({ x })).message).toContain(
    'input "weight" needs 4 elements for shape [2, 2], found none',
  );
  expect(thrownBy(() => evaluate({ x }, { weight: [1, 2] })).code).toBe("shape-mismatch");
  expect(thrownBy(() => evaluate({ x }, { weigth: [1, 2, 3, 4] })).message).toContain(
    'Did you mean "weight"?',
  );
});

test("one name for two types is refused", () => {
  const error = thrownBy(() => evaluate({ y: add(parameter("x", [2]), input("x", [1])) }, { x: [1, 2] }));
  expect(error.message).toContain('input "x" is declared twice');
});
