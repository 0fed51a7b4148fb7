import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestError, wave } from "../../test/arrays.js";
import { classifier } from "../../test/classifier.js";
import { add, divide, multiply, subtract } from "../operators/binary.js";
import { gather } from "../operators/indexing.js";
import { reshape, transpose } from "../operators/layout.js";
import { matmul } from "../operators/matmul.js";
import { mean, sum } from "../operators/reductions.js";
import { cast } from "../operators/select.js";
import { concat, split } from "../operators/slicing.js";
import { exp, sigmoid, square, tanh } from "../operators/unary.js";
import { evaluate, type FeedValues } from "../run/evaluate.js";
import { elementCount } from "../tensor/shape.js";
import { input, parameter, type Tensor } from "../tensor/tensor.js";
import { gradients } from "./gradients.js";

/** dL/dx by central differences in float64, element by element. */
function centralDifferences(
  loss: Tensor,
  name: string,
  feeds: Readonly<Record<string, FeedValues>>,
  h = 1e-5,
): Float64Array {
  const x = Float64Array.from(feeds[name] ?? [], Number);
  const at = (i: number, value: number) =>
    evaluate({ loss }, { ...feeds, [name]: x.with(i, value) }).loss[0] ?? 0;
  return x.map((value, i) => (at(i, value + h) - at(i, value - h)) / (2 * h));
}

function expectDerivatives(loss: Tensor, wrt: readonly Tensor[]): void {
  const feeds = Object.fromEntries(
    wrt.map((x, i) => [x.source.kind === "input" ? x.source.name : "", wave(elementCount(x.shape), i)]),
  );
  const derivatives = gradients(loss, wrt);
  wrt.forEach((x, i) => {
    const derivative = derivatives[i];
    if (derivative === undefined || x.source.kind !== "input") throw new Error("every derivative exists");
    expect(derivative.shape).toEqual(x.shape);
    const actual = evaluate({ derivative }, feeds).derivative;
    expect(largestError(actual, centralDifferences(loss, x.source.name, feeds))).toBeLessThan(1e-8);
  });
}

describe("gradients agrees with finite differences", () => {
  test("on a network with a residual branch and normalised weights", () => {
    const [x, w, v, b] = [
      parameter("x", [5, 4]),
      parameter("w", [4, 4]),
      parameter("v", [4, 3]),
      parameter("b", [4]),
    ];
    const norm = sum(square(w));
    const h = tanh(add(matmul(x, divide(w, norm)), b));
    const y = matmul(add(h, multiply(x, sigmoid(h))), v);
    expectDerivatives(mean(square(subtract(y, 0.5))), [x, w, v, b]);
  });

  test("where a tensor is used many times, in other shapes and orders", () => {
    const x = parameter("x", [3, 4]);
    const y = add(matmul(x, transpose(x)), sum(x));
    const z = multiply(reshape(x, [4, 3]), transpose(x));
    expectDerivatives(add(sum(exp(multiply(y, 0.1))), sum(multiply(z, z))), [x]);
  });

  test("through an operator of several outputs, some unused", () => {
    const x = parameter("x", [2, 6]);
    const [a, , c] = split(x, 3, { axis: 1 });
    if (a === undefined || c === undefined) throw new Error("split gives three parts");
    expectDerivatives(sum(square(concat([multiply(a, c), a], { axis: 1 }))), [x]);
  });

  test("for products of any shapes (property)", () => {
    const extent = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(extent, extent, extent, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) => {
        const a = parameter("a", transposeA ? [k, m] : [m, k]);
        const b = parameter("b", transposeB ? [n, k] : [k, n]);
        const bias = parameter("bias", [n]);
        expectDerivatives(sum(square(add(matmul(a, b, { transposeA, transposeB }), bias))), [a, b, bias]);
      }),
      { numRuns: 30 },
    );
  });

  test("for products of a batch whose columns have factors, on either side of them (property)", () => {
    const extent = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(extent, extent, extent, extent, fc.boolean(), (m, t, k, n, transposeB) => {
        const x = parameter("x", [m, t, k]);
        const factors = parameter("factors", [k]);
        const b = parameter("b", transposeB ? [n, k] : [k, n]);
        const product = matmul(multiply(x, factors), b, { transposeB });
        expectDerivatives(sum(square(product)), [x, factors, b]);
      }),
      { numRuns: 30 },
    );
  });

  test("of derivatives, twice over", () => {
    const x = parameter("x", [3]);
    const [first] = gradients(sum(exp(multiply(x, x))), [x]);
    if (first === undefined) throw new Error("the derivative exists");
    expectDerivatives(sum(square(first)), [x]);
  });

  test("on a classifier of gathered images", () => {
    const { loss, wrt, outputs, feeds } = classifier({
      images: 9,
      pixels: 6,
      hidden: 5,
      classes: 3,
      batch: 4,
    });
    const computed = evaluate(outputs, feeds);
    for (const [name, x] of Object.entries(wrt)) {
      if (x.source.kind !== "input") throw new Error("parameters are inputs");
      const expected = centralDifferences(loss, x.source.name, feeds);
      expect(largestError(computed[`d_${name}`] ?? [], expected)).toBeLessThan(1e-8);
    }
  });
});

describe("gradients", () => {
  test("are zeros where the loss does not depend on a tensor", () => {
    const [x, unused] = [parameter("x", [2]), parameter("unused", [2, 3])];
    const [, zeros] = gradients(sum(x), [x, unused]);
    expect(zeros?.shape).toEqual([2, 3]);
    expect(zeros && evaluate({ zeros }).zeros).toEqual(new Float64Array(6));
  });

  test("are one for the loss itself, and reach intermediate tensors", () => {
    const x = parameter("x", [2]);
    const y = multiply(x, 3);
    const loss = sum(square(y));
    const [dLoss, dy] = gradients(loss, [loss, y]);
    if (dLoss === undefined || dy === undefined) throw new Error("both derivatives exist");
    const values = evaluate({ dLoss, dy }, { x: [1, 2] });
    expect([...values.dLoss]).toEqual([1]);
    expect([...values.dy]).toEqual([6, 12]);
  });

  test("do not flow through integers", () => {
    const x = parameter("x", [2]);
    const [dx] = gradients(sum(multiply(cast(cast(x, "int32"), "float32"), x)), [x]);
    expect(dx && [...evaluate({ dx }, { x: [2.5, -1.5] }).dx]).toEqual([2, -1]);
  });

  test("refuse a loss of several elements and tensors that are not float32", () => {
    const x = parameter("x", [2, 3]);
    expect(() => gradients(x, [x])).toThrow(
      /must have one element, found shape \[2, 3\].*gradients\.test\.ts:\d+/s,
    );
    const labels = input("labels", [4], "int32");
    const loss = sum(cast(gather(labels, labels), "float32"));
    expect(() => gradients(loss, [labels])).toThrow(/only float32 tensors have derivatives.*int32/);
  });
});
