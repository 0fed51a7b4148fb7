import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestError, wave } from "../../test/arrays.js";
import { randomGraph } from "../../test/randomGraph.js";
import { add, divide, multiply, power, subtract } from "../operators/binary.js";
import { broadcastTo } from "../operators/broadcastTo.js";
import { gelu } from "../operators/gelu.js";
import { reshape, transpose } from "../operators/layout.js";
import { matmul } from "../operators/matmul.js";
import { layerNorm } from "../operators/normalisation.js";
import { mean, sum } from "../operators/reductions.js";
import { cast } from "../operators/select.js";
import { pad } from "../operators/slicing.js";
import { exp, negate, tanh } from "../operators/unary.js";
import { evaluate } from "../run/evaluate.js";
import { constant, input, parameter, type Tensor } from "../tensor/tensor.js";
import { topologicalOrder } from "../tensor/traverse.js";
import { optimise } from "./optimise.js";

/** Names of the operators left after optimisation, in order of computation. */
function operators(...outputs: readonly Tensor[]): string[] {
  const optimised = optimise(Object.fromEntries(outputs.map((tensor, i) => [`y${i}`, tensor])));
  return topologicalOrder(Object.values(optimised)).flatMap((source) =>
    source.kind === "operation" ? [source.operator.name] : [],
  );
}

const x = parameter("x", [3, 4]);
const y = parameter("y", [3, 4]);

describe("optimise", () => {
  test("computes equal subgraphs once, also across outputs", () => {
    expect(operators(add(exp(x), exp(x)), tanh(exp(x)))).toEqual(["exp", "add", "tanh"]);
    // Equal constants and inputs of the same name are the same value; different attributes are not.
    expect(operators(multiply(exp(parameter("x", [3, 4])), 2), multiply(exp(x), 2))).toEqual([
      "exp",
      "multiply",
    ]);
    expect(operators(sum(x, { axes: [0] }), sum(x, { axes: [1] }))).toHaveLength(2);
    expect(operators(multiply(x, 2), multiply(x, 3))).toHaveLength(2);
  });

  test("tells apart attributes and constants that look alike", () => {
    const infinite = (value: number) => pad(x, [1, 0], [0, 0], value);
    expect(operators(infinite(Number.POSITIVE_INFINITY), infinite(Number.NEGATIVE_INFINITY))).toHaveLength(2);
    expect(operators(infinite(Number.NaN), infinite(Number.NaN))).toHaveLength(1);
    expect(operators(divide(x, constant(0)), divide(x, constant(-0)))).toHaveLength(2);
    expect(operators(exp(constant(1, [5000])), exp(constant(1, [5000])))).toHaveLength(1);
  });

  test("drops what no output needs", () => {
    tanh(x);
    expect(operators(exp(x))).toEqual(["exp"]);
  });

  test("computes constants beforehand, but not into tensors larger than 4096 elements", () => {
    expect(operators(add(x, exp(multiply(constant(2), 3))))).toEqual(["add"]);
    expect(operators(broadcastTo(exp(constant(1)), [100, 100]))).toEqual(["broadcastTo"]);
  });

  test("leaves integers to ONNX Runtime that float64 does not hold", () => {
    const large = constant(2 ** 40, [], "int64");
    expect(operators(multiply(large, 2))).toEqual([]);
    expect(operators(multiply(large, large))).toEqual(["multiply"]);
  });

  test("drops neutral arithmetic, but keeps what changes the shape", () => {
    for (const same of [
      add(x, 0),
      add(0, x),
      subtract(x, 0),
      multiply(x, 1),
      multiply(1, x),
      divide(x, 1),
      power(x, 1),
    ]) {
      expect(operators(same)).toEqual([]);
    }
    expect(operators(add(x, constant(0, [2, 3, 4])))).not.toEqual([]);
    expect(operators(subtract(0, x))).toEqual(["subtract"]);
    // 0 x is not 0 where x is infinite or not a number.
    expect(operators(multiply(x, 0))).toEqual(["multiply"]);
  });

  test("merges signs and scales", () => {
    expect(operators(negate(negate(x)))).toEqual([]);
    expect(operators(add(x, negate(y)))).toEqual(["subtract"]);
    expect(operators(subtract(x, negate(y)))).toEqual(["add"]);
    expect(operators(multiply(divide(multiply(x, 6), 3), 2))).toEqual(["multiply"]);
  });

  test("lets operators broadcast by themselves", () => {
    const row = parameter("row", [4]);
    expect(operators(multiply(x, broadcastTo(row, [3, 4])))).toEqual(["multiply"]);
    expect(operators(exp(broadcastTo(row, [3, 4])))).toEqual(["broadcastTo", "exp"]);
    expect(operators(add(broadcastTo(row, [3, 4]), broadcastTo(constant(1), [3, 4])))).toEqual(["add"]);
  });

  test("merges and drops changes of layout", () => {
    expect(operators(reshape(reshape(x, [12]), [3, 4]))).toEqual([]);
    expect(operators(reshape(reshape(x, [12]), [2, 6]))).toEqual(["reshape"]);
    expect(operators(transpose(transpose(x)))).toEqual([]);
    const cube = parameter("cube", [2, 3, 4]);
    expect(operators(transpose(transpose(cube, [1, 2, 0]), [1, 2, 0]))).toEqual(["transpose"]);
    expect(operators(transpose(parameter("column", [5, 1])))).toEqual(["reshape"]);
    expect(operators(cast(cast(input("i", [2], "int32"), "int32"), "int32"))).toEqual([]);
  });

  test("fuses transposes, scales and biases into matrix products", () => {
    const w = parameter("w", [5, 4]);
    const b = parameter("b", [5]);
    expect(operators(add(matmul(x, transpose(w)), b))).toEqual(["gemm"]);
    expect(operators(multiply(matmul(divide(x, 255), transpose(w)), 3))).toEqual(["matmul"]);
    expect(operators(transpose(matmul(x, w, { transposeB: true })))).toEqual(["matmul"]);
    const heads = parameter("heads", [2, 3, 5, 4]);
    expect(operators(matmul(heads, transpose(heads, [0, 1, 3, 2])))).toEqual(["matmul"]);
    const tokens = parameter("tokens", [2, 3, 4]);
    expect(operators(add(matmul(tokens, w, { transposeB: true }), b))).toEqual([
      "reshape",
      "gemm",
      "reshape",
    ]);
  });

  test("lets the products around a GELU take on its factors, with a bias and through reshapes", () => {
    const [v, w, bias] = [parameter("v", [4, 8]), parameter("w", [8, 5]), parameter("bias", [8])];
    expect(operators(matmul(gelu(matmul(x, v)), w))).toEqual(["matmul", "gelu", "matmul"]);
    expect(operators(matmul(gelu(add(matmul(x, v), bias)), w))).toEqual([
      ...["multiply", "gemm", "gelu", "matmul"],
    ]);
    const batch = parameter("batch", [2, 3, 4]);
    const names = operators(matmul(gelu(matmul(batch, v)), w));
    expect(names.filter((name) => name !== "reshape")).toEqual(["matmul", "gelu", "matmul"]);
  });

  test("exchanges neighbouring axes by rows, as a move behind the second and an axis of extent 1", () => {
    const t = parameter("t", [2, 3, 4, 5, 6]);
    const permutations = [
      [0, 2, 1, 3, 4],
      [1, 0, 2, 3, 4],
      [0, 1, 3, 2, 4],
    ];
    for (const permutation of permutations) {
      const exchanged = { y: transpose(t, permutation) };
      expect(operators(exchanged.y)).toEqual(["reshape", "transpose", "reshape"]);
      const feeds = { t: wave(720) };
      expect(evaluate(optimise(exchanged), feeds)).toEqual(evaluate(exchanged, feeds));
    }
    // Single elements are what the exchange of the last axis moves; a longer way is one move already.
    expect(operators(transpose(t, [0, 1, 2, 4, 3]))).toEqual(["transpose"]);
    expect(operators(transpose(t, [0, 2, 3, 1, 4]))).toEqual(["transpose"]);
    expect(operators(transpose(t, [1, 0, 3, 2, 4]))).toEqual(["transpose"]);
  });

  test("computes on rows what stands between the products of a batch", () => {
    const batch = parameter("batch", [2, 3, 4]);
    const [v, w, scale] = [parameter("v", [4, 4]), parameter("w", [4, 4]), parameter("scale", [4])];
    const normalised = layerNorm(add(matmul(tanh(matmul(batch, v)), w), batch), scale);
    const network = matmul(normalised, v, { transposeB: true });
    const names = operators(network);
    // The batch to rows, and the result back.
    expect(names.filter((name) => name === "reshape")).toHaveLength(2);
    const feeds = { batch: wave(24), v: wave(16, 1), w: wave(16, 2), scale: wave(4, 3) };
    const outputs = {
      network,
      rows: sum(layerNorm(matmul(batch, v), scale), { axes: [-1] }),
      columns: mean(matmul(batch, v), { axes: [0, 1], keepDims: true }),
      // Along the middle axis, and beside what is repeated along it, rows are not all alike.
      middle: sum(matmul(batch, v), { axes: [1] }),
      repeated: add(matmul(batch, v), parameter("repeated", [3, 4])),
      perRow: multiply(matmul(batch, v), parameter("perRow", [2, 3, 1])),
    };
    const all = { ...feeds, repeated: wave(12, 4), perRow: wave(6, 5) };
    const [actual, expected] = [evaluate(optimise(outputs), all), evaluate(outputs, all)];
    for (const [name, values] of Object.entries(expected))
      expect(largestError(actual[name] ?? [], values)).toBeLessThan(1e-12);
    expect(operators(outputs.repeated).at(-1)).toBe("add");
    expect(operators(outputs.middle).at(-1)).toBe("sum");
  });

  test("scales the columns of a batch on the matrix behind it, where that is smaller", () => {
    const [scale, w] = [parameter("scale", [4]), parameter("w", [5, 4])];
    const scaled = (windows: number): readonly string[] => {
      const batch = parameter("batch", [windows, 2, 4]);
      const y = matmul(multiply(batch, scale), w, { transposeB: true });
      return topologicalOrder(Object.values(optimise({ y }))).flatMap((source) =>
        source.kind === "operation" && source.operator === multiply.operator
          ? source.outputs.map(({ shape }) => shape.join())
          : [],
      );
    };
    expect(scaled(3)).toEqual(["5,4"]);
    expect(scaled(2)).toEqual(["2,2,4"]);
  });

  test("does not compute a product twice to fuse it", () => {
    const product = matmul(x, parameter("w", [4, 5]));
    expect(operators(add(product, parameter("b", [5])), exp(product))).toEqual(["matmul", "add", "exp"]);
    expect(operators(multiply(product, 2), exp(product))).toEqual(["matmul", "multiply", "exp"]);
  });

  test("keeps the values of any graph (property)", () => {
    const feeds = { a: wave(9, 1), b: wave(9, 2) };
    fc.assert(
      fc.property(randomGraph(3), (outputs) => {
        const expected = evaluate(outputs, feeds);
        const actual = evaluate(optimise(outputs), feeds);
        for (const name of Object.keys(outputs)) {
          expect(largestError(actual[name] ?? [], expected[name] ?? [])).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keeps infinities and NaN", () => {
    const outputs = {
      timesZero: multiply(multiply(x, 0), 2),
      product: multiply(matmul(multiply(x, 0), y, { transposeB: true }), 2),
      tiny: multiply(multiply(x, 1e-30), 1e-30),
    };
    const feeds = { x: new Float32Array(12).fill(Number.POSITIVE_INFINITY), y: wave(12) };
    expect(evaluate(optimise(outputs), feeds)).toEqual(evaluate(outputs, feeds));
    expect(operators(outputs.product)).not.toEqual(["matmul"]);
    // One factor of 1e-60 would be 0 in float32.
    expect(operators(outputs.tiny)).toEqual(["multiply", "multiply"]);
  });
});
