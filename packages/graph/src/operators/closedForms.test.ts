/** Values and derivatives known in closed form, choices at kinks, and what no finite difference shows. */
import { describe, expect, test } from "vitest";
import { largestError, wave } from "../../test/arrays.js";
import { gradients } from "../differentiate/gradients.js";
import { compile } from "../run/compile.js";
import { evaluate } from "../run/evaluate.js";
import { createSession } from "../run/session.js";
import { elementCount } from "../tensor/shape.js";
import { constant, input, parameter, type Tensor } from "../tensor/tensor.js";
import { topologicalOrder } from "../tensor/traverse.js";
import {
  abs,
  argMax,
  divide,
  erf,
  gather,
  gatherElements,
  gelu,
  logSoftmax,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  minimum,
  multiply,
  negate,
  oneHot,
  power,
  relu,
  reshape,
  sigmoid,
  softmax,
  softplus,
  subtract,
  sum,
  tanh,
} from "./index.js";

const valuesOf = (tensor: Tensor): number[] => [...evaluate({ tensor }).tensor];

/** dL/dx of L = Σ f(x) at the given numbers. */
function derivativeAt(
  f: (x: Tensor) => Tensor,
  values: readonly number[],
  shape = [values.length],
): number[] {
  const x = parameter("x", shape);
  const [derivative = x] = gradients(sum(f(x)), [x]);
  const depends = topologicalOrder([derivative]).some(({ kind }) => kind === "input");
  return [...evaluate({ derivative }, depends ? { x: values } : {}).derivative];
}

describe("cross-entropy of integer labels", () => {
  const [batch, classes] = [6, 5];
  const logits = parameter("logits", [batch, classes]);
  const labels = input("labels", [batch], "int32");
  const feeds = { logits: wave(batch * classes).map((v) => 3 * v), labels: [0, 4, 2, 2, 1, 3] };
  const losses = {
    "by gathering": negate(mean(gatherElements(logSoftmax(logits), reshape(labels, [-1, 1]), { axis: 1 }))),
    "by one-hot vectors": negate(
      mean(sum(multiply(logSoftmax(logits), oneHot(labels, classes)), { axes: [1] })),
    ),
  };

  test.each(Object.entries(losses))("has the derivative (p − y) / n, %s", (_, loss) => {
    const [derivative = loss] = gradients(loss, [logits]);
    const expected = divide(subtract(softmax(logits), oneHot(labels, classes)), batch);
    const { actual, closed } = evaluate({ actual: derivative, closed: expected }, feeds);
    expect(largestError(actual, closed)).toBeLessThan(1e-14);
  });

  test("compiles to few nodes, none larger than the logits", () => {
    const loss = losses["by gathering"];
    const [derivative = loss] = gradients(loss, [logits]);
    const compiled = compile({ loss, derivative });
    expect(compiled.nodeCount).toBeLessThanOrEqual(8);
    const largest = topologicalOrder([loss, derivative]).flatMap(({ outputs }) =>
      outputs.map(({ shape }) => elementCount(shape)),
    );
    expect(Math.max(...largest)).toBe(batch * classes);
  });
});

describe("values", () => {
  test("erf, to full precision (NIST DLMF table 7.23, and beyond)", () => {
    const x = constant([0, 0.5, 1, 2, 3, -1, 5, 40]);
    const expected = [
      0, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 0.9999779095030014, -0.8427007929497149,
      0.9999999999984626, 1,
    ];
    expect(largestError(valuesOf(erf(x)), expected)).toBeLessThan(1e-15);
  });

  test("gelu(1) is the normal distribution function at 1", () => {
    expect(valuesOf(gelu(constant([1, 0, -40])))).toEqual([expect.closeTo(0.8413447460685429, 15), 0, -0]);
  });

  test("nothing overflows at large arguments", () => {
    const x = constant([-1000, 0, 1000]);
    expect(valuesOf(sigmoid(x))).toEqual([0, 0.5, 1]);
    expect(valuesOf(softplus(x))).toEqual([0, Math.LN2, 1000]);
    expect(valuesOf(tanh(x))).toEqual([-1, 0, 1]);
    expect(valuesOf(softmax(x))).toEqual([0, 0, 1]);
    expect(valuesOf(logSoftmax(x))).toEqual([-2000, -1000, 0]);
  });

  test("integers are divided towards zero, and small ones wrap around", () => {
    expect(valuesOf(divide(constant([-7, 7, 6], [3], "int32"), 2))).toEqual([-3, 3, 3]);
    expect(valuesOf(subtract(constant([1, 255], [2], "uint8"), 2))).toEqual([255, 253]);
  });

  test("power by 1, 2 and a half needs no power", () => {
    const x = parameter("x", [2]);
    expect(power(x, 1)).toBe(x);
    const names = [2, 0.5].map((exponent) => {
      const { source } = power(x, exponent);
      return source.kind === "operation" ? source.operator.name : source.kind;
    });
    expect(names).toEqual(["square", "sqrt"]);
  });

  test("argMax is the first of several", () => {
    expect(valuesOf(argMax(constant([1, 3, 3, 2, 2, 0], [2, 3]), { axis: 1 }))).toEqual([1, 0]);
  });
});

test("a gather of consecutive rows is a slice, of all rows nothing", () => {
  const x = parameter("x", [4, 3]);
  const rows = (...indices: readonly number[]) => gather(x, constant(indices, [indices.length], "int32"));
  const operatorsOf = (y: Tensor) =>
    topologicalOrder([y]).flatMap((source) => (source.kind === "operation" ? [source.operator.name] : []));
  expect(rows(0, 1, 2, 3)).toBe(x);
  expect(operatorsOf(rows(1, 2))).toEqual(["slice"]);
  expect([...evaluate({ y: rows(1, 2) }, { x: wave(12) }).y]).toEqual([...wave(12).slice(3, 9)]);
  for (const indices of [
    [2, 1],
    [1, 3],
    [-2, -1],
    [3, 4],
  ])
    expect(operatorsOf(rows(...indices))).toContain("gather");
});

test("the derivative of a gather is the same from few rows, by a product, and from many, by additions", () => {
  const indices = input("indices", [5], "int32");
  const derivative = (rows: number) => {
    const x = parameter("x", [rows, 2]);
    const [dx = x] = gradients(sum(multiply(gather(x, indices), constant(wave(10), [5, 2]))), [x]);
    return evaluate({ dx }, { indices: [3, 0, -1, 3, 255] }).dx;
  };
  const [few, many] = [derivative(256), derivative(257)];
  // The same additions, but that -1 is the last row.
  const moved = (values: Float64Array, row: number) => values.slice(2 * row, 2 * row + 2);
  expect([...few.slice(0, 2 * 255)]).toEqual([...many.slice(0, 2 * 255)]);
  const [ofLast, of255] = [moved(many, 256), moved(many, 255)];
  expect([...moved(few, 255)]).toEqual([...ofLast.map((value, i) => value + (of255[i] ?? 0))]);
});

describe("derivatives at kinks and ties", () => {
  test("relu and abs have 0 at 0", () => {
    expect(derivativeAt(relu, [-1, 0, 2])).toEqual([0, 0, 1]);
    expect(derivativeAt(abs, [-1, 0, 2])).toEqual([-1, 0, 1]);
  });

  test("maximum and minimum share a tie", () => {
    expect(derivativeAt((x) => maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(derivativeAt((x) => minimum(x, 1), [0, 1, 2])).toEqual([1, 0.5, 0]);
  });

  test("max shares a tie evenly", () => {
    expect(derivativeAt((x) => max(x, { axes: [1] }), [3, 3, 1, 0, 0, 0], [2, 3])).toEqual([
      0.5,
      0.5,
      0,
      1 / 3,
      1 / 3,
      1 / 3,
    ]);
  });

  test("maxPool2d gives a tie to the first", () => {
    expect(derivativeAt((x) => maxPool2d(x, { window: 2 }), [1, 1, 1, 1], [1, 1, 2, 2])).toEqual([
      1, 0, 0, 0,
    ]);
  });
});

describe("on two threads", () => {
  test("the derivative of a gather with repeated indices is the same bits at every run", async () => {
    const [words, width, tokens] = [10, 64, 1024];
    const table = parameter("table", [words, width]);
    const index = input("index", [tokens], "int32");
    const weights = constant(wave(tokens * width), [tokens, width]);
    const [derivative = table] = gradients(sum(multiply(gather(table, index), weights)), [table]);
    const feeds = { index: Int32Array.from({ length: tokens }, (_, i) => (i * 7919) % words) };
    const fetches = { derivative: new Float32Array(words * width) };
    const session = await createSession(compile({ derivative }), { feeds, fetches, threads: 2 });
    await session.run();
    const first = fetches.derivative.slice();
    expect(largestError(first, evaluate({ derivative }, feeds).derivative)).toBeLessThan(1e-5);
    for (let run = 0; run < 20; run++) {
      await session.run();
      expect(fetches.derivative.every((value, i) => value === first[i])).toBe(true);
    }
    await session.release();
  });
});

test("the derivative of a product of a batch with one matrix is one product, not one per batch entry", () => {
  const [x, w] = [parameter("x", [8, 4, 6]), parameter("w", [6, 5])];
  const [dw = w] = gradients(sum(matmul(x, w)), [w]);
  const ranks = topologicalOrder([dw]).flatMap((source) =>
    source.kind === "operation" && source.operator.name === "matmul"
      ? source.outputs.map(({ shape }) => shape.length)
      : [],
  );
  expect(ranks).toEqual([2]);
});
