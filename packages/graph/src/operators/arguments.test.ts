/** Wrong arguments: every error names the operator, what it found, and a way out. */
import { expect, test } from "vitest";
import { GraphError } from "../errors/errors.js";
import { input, type Tensor } from "../tensor/tensor.js";
import {
  add,
  argMax,
  averagePool2d,
  broadcastTo,
  concat,
  conv2d,
  gather,
  gatherElements,
  layerNorm,
  log,
  logicalAnd,
  matmul,
  max,
  maxPool2d,
  mean,
  oneHot,
  pad,
  reshape,
  scatterAdd,
  slice,
  split,
  sum,
  sumTo,
  transpose,
  uniform,
  where,
} from "./index.js";

const f = (...shape: number[]): Tensor => input("f", shape);
const i = (...shape: number[]): Tensor => input("i", shape, "int32");
const b = (...shape: number[]): Tensor => input("b", shape, "bool");

const wrong: readonly (readonly [string, RegExp, () => unknown])[] = [
  ["shapes that do not broadcast", /^add: .*\[2, 3\] and \[2\]/, () => add(f(2, 3), f(2))],
  ["different element types", /^add: .*float32 and int32/, () => add(f(2), i(2))],
  ["arithmetic on booleans", /^add: .*bool/, () => add(b(2), b(2))],
  ["the logarithm of integers", /^log: .*int32/, () => log(i(2))],
  ["the logic of numbers", /^logicalAnd: .*float32/, () => logicalAnd(f(2), f(2))],
  ["a condition of numbers", /^where: .*float32/, () => where(f(2), f(2), f(2))],
  [
    "inner dimensions that differ",
    /^matmul: .*\[2, 3\] and \[2, 4\].*3 and 2 differ/,
    () => matmul(f(2, 3), f(2, 4)),
  ],
  ["the product of vectors", /^matmul: .*two dimensions.*\[3\].*reshape/, () => matmul(f(3), f(3))],
  ["batches that do not broadcast", /^matmul: /, () => matmul(f(2, 3, 4), f(3, 4, 5))],
  ["an axis that does not exist", /^sum: axis 2 .* 2 dimensions/, () => sum(f(2, 3), { axes: [2] })],
  ["the mean of nothing", /^mean: .*\[0, 3\]/, () => mean(f(0, 3))],
  ["the maximum of nothing", /^max: .*\[2, 0\]/, () => max(f(2, 0), { axes: [1] })],
  ["the place of the maximum of nothing", /^argMax: /, () => argMax(f(0), { axis: 0 })],
  ["another number of elements", /^reshape: .*\[2, 3\] and \[4\].*6 and 4/, () => reshape(f(2, 3), [4])],
  ["two unknown extents", /^reshape: .*-1/, () => reshape(f(2, 3), [-1, -1])],
  ["no permutation", /^transpose: \[0, 0\]/, () => transpose(f(2, 3), [0, 0])],
  ["a shape that cannot grow", /^broadcastTo: .*\[2\] and \[3\]/, () => broadcastTo(f(2), [3])],
  ["a shape that did not grow", /^sumTo: .*\[2\] and \[3\]/, () => sumTo(f(2), [3])],
  ["nothing to join", /^concat: no tensors/, () => concat([])],
  [
    "parts that do not fit",
    /^concat: .*\[2, 3\] and \[3, 3\]/,
    () => concat([f(2, 3), f(3, 3)], { axis: 1 }),
  ],
  ["parts that do not add up", /^split: .*\[2, 2\].* 3/, () => split(f(3), [2, 2])],
  ["unequal parts", /^split: .*1\.5/, () => split(f(3), 2)],
  ["starts without ends", /^slice: 1 starts, 2 ends/, () => slice(f(3, 3), [0], [1, 1])],
  ["a step backwards", /^slice: steps \[-1\]/, () => slice(f(3), [0], [3], { steps: [-1] })],
  ["padding for one axis of two", /^pad: .*2 axes/, () => pad(f(2, 2), [1], [1])],
  ["float indices", /^gather: the indices' .*float32/, () => gather(f(3), f(2))],
  ["indices of another rank", /^gatherElements: .*\[3, 4\] and \[3\]/, () => gatherElements(f(3, 4), i(3))],
  ["updates of another shape", /^scatterAdd: .*\[2\] and \[1\]/, () => scatterAdd(f(3), i(2), f(1))],
  ["float labels", /^oneHot: .*float32/, () => oneHot(f(3), 4)],
  ["a scale of another width", /^layerNorm: .*\[2, 3\] and \[4\]/, () => layerNorm(f(2, 3), f(4))],
  ["an image of three dimensions", /^conv2d: images are/, () => conv2d(f(3, 8, 8), f(4, 3, 3, 3))],
  ["other channels", /^conv2d: .*3 and 2/, () => conv2d(f(1, 3, 8, 8), f(4, 2, 3, 3))],
  [
    "a bias of another length",
    /^conv2d: the bias/,
    () => conv2d(f(1, 3, 8, 8), f(4, 3, 3, 3), { bias: f(3) }),
  ],
  [
    "a window beyond the image",
    /^conv2d: .*reaches over 3 must fit into 2/,
    () => conv2d(f(1, 1, 2, 2), f(1, 1, 3, 3)),
  ],
  ["no stride", /^conv2d stride is 0 x 0/, () => conv2d(f(1, 1, 8, 8), f(1, 1, 3, 3), { stride: 0 })],
  [
    "a window in the padding",
    /^maxPool2d window less padding/,
    () => maxPool2d(f(1, 1, 4, 4), { window: 2, padding: 2 }),
  ],
  ["a matrix to pool", /^averagePool2d: images are/, () => averagePool2d(f(4, 4), { window: 2 })],
  ["a float key", /^uniform: the key's .*float32/, () => uniform(f(), [2])],
  ["several keys", /^uniform: the key has several/, () => uniform(i(2), [2])],
];

test.each(wrong)("%s", (_, message, build) => {
  let error: unknown;
  try {
    build();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(GraphError);
  if (!(error instanceof GraphError)) return;
  expect(error.message).toMatch(message);
  expect(error.fix.length).toBeGreaterThan(5);
  expect(error.location).toContain("arguments.test.ts");
});
