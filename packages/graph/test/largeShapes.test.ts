/**
 * Shapes that reach the vectorised and blocked kernels of ONNX Runtime and their tails, against the
 * interpreter.
 */
import { expect, test } from "vitest";
import { gradients } from "../src/differentiate/gradients.js";
import {
  averagePool2d,
  conv2d,
  cos,
  erf,
  exp,
  gelu,
  layerNorm,
  logSoftmax,
  matmul,
  max,
  maxPool2d,
  mean,
  multiply,
  relu,
  sigmoid,
  sin,
  softmax,
  softplus,
  sqrt,
  square,
  step,
  sum,
  tanh,
} from "../src/operators/index.js";
import { compile } from "../src/run/compile.js";
import { evaluate } from "../src/run/evaluate.js";
import { createSession } from "../src/run/session.js";
import { elementCount, type Shape } from "../src/tensor/shape.js";
import { constant, parameter, type Tensor } from "../src/tensor/tensor.js";
import { fetchesFor, largestError, wave } from "./arrays.js";

const unary = { cos, erf, gelu, relu, sigmoid, sin, softplus, step, tanh };

type Case = readonly [name: string, shapes: readonly Shape[], f: (...x: [Tensor, Tensor, Tensor]) => Tensor];

const cases: readonly Case[] = [
  ...Object.entries(unary).map(([name, f]): Case => [name, [[1237]], (x) => f(multiply(x, 6))]),
  ["exp", [[1237]], (x) => exp(x)],
  ["sqrt", [[1237]], (x) => sqrt(multiply(x, x))],
  ["softmax", [[37, 211]], (x) => softmax(x)],
  ["softmax along another axis", [[5, 67, 33]], (x) => softmax(x, { axis: 1 })],
  ["logSoftmax", [[37, 211]], (x) => logSoftmax(multiply(x, 20))],
  ["layerNorm", [[37, 131], [131], [131]], (x, scale, bias) => layerNorm(x, scale, bias)],
  ["sum", [[37, 131]], (x) => sum(x, { axes: [0] })],
  ["mean", [[11, 37, 13]], (x) => mean(square(x), { axes: [0, 2] })],
  ["max", [[37, 131]], (x) => max(x, { axes: [1] })],
  [
    "matmul",
    [
      [67, 131],
      [131, 45],
    ],
    (a, b) => matmul(a, b),
  ],
  [
    "matmul of transposes",
    [
      [131, 67],
      [45, 131],
    ],
    (a, b) => matmul(a, b, { transposeA: true, transposeB: true, scale: 0.5 }),
  ],
  [
    "matmul of batches",
    [
      [3, 1, 19, 33],
      [2, 41, 33],
    ],
    (a, b) => matmul(a, b, { transposeB: true }),
  ],
  [
    "conv2d",
    [[3, 5, 19, 17], [7, 5, 3, 3], [7]],
    (x, w, bias) => conv2d(x, w, { bias, padding: 1, stride: [2, 1], dilation: [1, 2] }),
  ],
  ["maxPool2d", [[3, 5, 19, 17]], (x) => maxPool2d(x, { window: 3, stride: 2, padding: 1 })],
  ["averagePool2d", [[3, 5, 19, 17]], (x) => averagePool2d(x, { window: 3, stride: 2, padding: 1 })],
];

test.each(cases)("%s and its derivatives", async (_, shapes, f) => {
  const inputs = shapes.map((shape, i) => parameter(`x${i}`, shape));
  const [a, b = a, c = a] = inputs;
  if (!a || !b || !c) throw new Error("a case has at least one input");
  const y = f(a, b, c);
  const weights = constant(wave(elementCount(y.shape), 7), y.shape);
  const outputs: Record<string, Tensor> = { y };
  gradients(sum(multiply(y, weights)), inputs).forEach((derivative, i) => {
    outputs[`d${i}`] = derivative;
  });
  const feeds = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, wave(elementCount(shape), i)]));
  const fetches = fetchesFor(outputs);
  const compiled = compile(outputs);
  const session = await createSession(compiled, { feeds, fetches });
  await session.run();
  await session.release();
  const expected = evaluate(outputs, feeds);
  for (const [name, values] of Object.entries(fetches)) {
    expect(largestError(values, expected[name] ?? [])).toBeLessThan(2e-6);
  }
});
