import { expect, test } from "vitest";
import { add, multiply } from "../operators/binary.js";
import { sum } from "../operators/reductions.js";
import { cast } from "../operators/select.js";
import { square } from "../operators/unary.js";
import { input, parameter } from "../tensor/tensor.js";
import { grad, value, valueAndGrad } from "./differentiate.js";

const x = parameter("x", [3]);
const y = parameter("y", []);
const loss = sum(multiply(square(x), y));

test("value, grad and valueAndGrad are functions of the inputs' numbers", async () => {
  const feeds = { x: [1, 2, 3], y: [2] };
  expect(await value(loss)(feeds)).toBe(28);
  expect(await grad(loss, { x, y })(feeds)).toEqual({
    x: Float32Array.of(4, 8, 12),
    y: Float32Array.of(14),
  });
  const both = await valueAndGrad(loss, { dy: y })(feeds);
  expect(both).toEqual({ value: 28, gradients: { dy: Float32Array.of(14) } });
});

test("calls made at once do not mix, and results stay as they are", async () => {
  const f = valueAndGrad(loss, { x });
  const [a, b] = await Promise.all([f({ x: [1, 0, 0], y: [1] }), f({ x: [0, 0, 2], y: [3] })]);
  expect(a).toEqual({ value: 1, gradients: { x: Float32Array.of(2, 0, 0) } });
  expect(b).toEqual({ value: 12, gradients: { x: Float32Array.of(0, 0, 12) } });
});

test("feeds that do not fit are refused, and the next call works", async () => {
  const f = value(loss);
  await expect(f({ x: [1, 2], y: [1] })).rejects.toThrow(/input "x" needs 3 numbers, found 2/);
  await expect(f({ x: [1, 2, 3] })).rejects.toThrow(/input "y" needs 1 numbers, found none/);
  expect(await f({ x: [1, 2, 3], y: [1] })).toBe(14);
});

test("integer inputs take whole numbers", async () => {
  const n = input("n", [2], "int64");
  expect(await value(sum(add(cast(n, "float32"), 0.5)))({ n: [3, -1] })).toBe(3);
});
