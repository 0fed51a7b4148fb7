import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestError, wave } from "../../test/arrays.js";
import { gradients } from "../differentiate/gradients.js";
import { add, multiply, subtract } from "../operators/binary.js";
import { greater } from "../operators/comparison.js";
import { gelu } from "../operators/gelu.js";
import { transpose } from "../operators/layout.js";
import { matmul } from "../operators/matmul.js";
import { softmax } from "../operators/normalisation.js";
import { max, mean, min, sum } from "../operators/reductions.js";
import { where } from "../operators/select.js";
import { relu, sigmoid, tanh } from "../operators/unary.js";
import { evaluate } from "../run/evaluate.js";
import { elementCount } from "../tensor/shape.js";
import { parameter, type Tensor } from "../tensor/tensor.js";
import { inputsByName, topologicalOrder } from "../tensor/traverse.js";
import { optimise } from "./optimise.js";

// 32 rows fill panels of 16 columns, 20 do not; 700 terms make it worth an orientation.
const [rows, inner, columns] = [32, 700, 20];
const x = parameter("x", [rows, inner]);
const w = parameter("w", [columns, inner]);
const row = parameter("row", [columns]);
const column = parameter("column", [rows, 1]);
const full = parameter("full", [rows, columns]);
const u = parameter("u", [rows, 3]);
const v = parameter("v", [3, columns]);
const next = parameter("next", [5, columns]);
const hidden = matmul(x, w, { transposeB: true });

/** Shapes of the results of all matrix products, and the number of transposes, after optimisation. */
function layout(outputs: Readonly<Record<string, Tensor>>) {
  const order = topologicalOrder(Object.values(optimise(outputs)));
  const named = (...names: readonly string[]) =>
    order.filter((source) => source.kind === "operation" && names.includes(source.operator.name));
  return {
    products: named("matmul", "gemm").map(({ outputs: [y] }) => y?.shape.join()),
    transposes: named("transpose").length,
  };
}

/** The outputs' values, all inputs fed with fixed numbers. */
function valuesOf(outputs: Readonly<Record<string, Tensor>>): Record<string, Float64Array> {
  const inputs = inputsByName(topologicalOrder(Object.values(outputs)));
  return evaluate(
    outputs,
    Object.fromEntries(
      [...inputs].map(([name, { shape }]) => [name, wave(elementCount(shape), name.charCodeAt(0))]),
    ),
  );
}

function expectSameValues(outputs: Readonly<Record<string, Tensor>>): void {
  const [actual, expected] = [valuesOf(optimise(outputs)), valuesOf(outputs)];
  for (const name of Object.keys(outputs)) {
    expect(largestError(actual[name] ?? [], expected[name] ?? [])).toBeLessThan(1e-9);
  }
}

/** The products of a layer whose columns would be padded; by relu, tanh or gelu to a layer of 5 outputs. */
function layers(activation: (z: Tensor) => Tensor): Record<string, Tensor> {
  const output = matmul(activation(add(hidden, row)), next, { transposeB: true });
  const loss = mean(multiply(output, output));
  const [dw, drow, dnext] = gradients(loss, [w, row, next]);
  return dw && drow && dnext ? { loss, dw, drow, dnext } : {};
}

describe("orientProducts", () => {
  test.each([
    ["relu", relu],
    ["tanh", tanh],
    ["gelu", (z: Tensor) => gelu(z)],
  ])(
    "computes a hidden layer with %s and its derivatives transposed, without a transpose",
    (_, activation) => {
      const outputs = layers(activation);
      const { products, transposes } = layout(outputs);
      expect(transposes).toBe(0);
      expect(products).toContain("20,32");
      expect(products).not.toContain("32,20");
      expect(products).toContain(w.shape.join());
      expectSameValues(outputs);
    },
  );

  test("leaves a product as it is where what follows needs its rows", () => {
    const asIs = { products: ["32,20"], transposes: 0 };
    expect(layout({ y: hidden })).toEqual(asIs);
    expect(layout({ y: softmax(add(hidden, row)) })).toEqual(asIs);
    expect(layout({ y: sum(relu(hidden), { axes: [0] }), z: hidden })).toEqual(asIs);
    // Reading another matrix transposed would cost a transpose.
    expect(layout({ y: sum(multiply(hidden, full), { axes: [0] }) })).toEqual(asIs);
  });

  test("leaves products as they are that pad little or are by a vector", () => {
    const few = matmul(u, v);
    expect(layout({ y: sum(tanh(few), { axes: [0] }) }).products).toEqual(["32,20"]);
    const vector = parameter("vector", [1, 2 ** 15]);
    const tall = parameter("tall", [rows, 2 ** 15]);
    expect(layout({ y: sum(tanh(matmul(tall, vector, { transposeB: true }))) }).products).toEqual(["32,1"]);
  });

  test("undoes a transpose that was asked for", () => {
    expect(layout({ y: transpose(relu(hidden)) })).toEqual({ products: ["20,32"], transposes: 0 });
  });

  test("takes several products in one graph on their own", () => {
    const other = matmul(parameter("x2", [rows, inner]), w, { transposeB: true });
    const { products } = layout({ y: sum(relu(hidden), { axes: [1] }), z: other });
    expect(products?.toSorted()).toEqual(["20,32", "32,20"]);
  });

  test("keeps the values of whatever follows (property)", () => {
    const steps: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
      add,
      multiply,
      (a) => tanh(a),
      (a) => gelu(a),
      (a) => add(a, row),
      (a) => multiply(column, a),
      (a) => subtract(1, a),
      (a) => add(a, matmul(u, v)),
      (a, b) => where(greater(a, b), a, row),
      (a) => subtract(a, max(a, { axes: [1], keepDims: true })),
      (a) => multiply(a, mean(a, { axes: [0], keepDims: true })),
      (a) => transpose(sigmoid(transpose(a))),
      (a) => add(a, full),
    ];
    const ends: readonly ((a: Tensor) => Tensor)[] = [
      (a) => sum(a, { axes: [0] }),
      (a) => min(a, { axes: [1] }),
      (a) => mean(a, { axes: [0, 1] }),
      (a) => matmul(next, a, { transposeB: true }),
      (a) => matmul(a, matmul(x, w, { transposeB: true, scale: 0.5 }), { transposeA: true }),
    ];
    const step = fc.record({ f: fc.constantFrom(...steps), left: fc.nat(9), right: fc.nat(9) });
    const graph = fc.record({
      chain: fc.array(step, { minLength: 1, maxLength: 6 }),
      end: fc.constantFrom(...ends),
    });
    fc.assert(
      fc.property(graph, ({ chain, end }) => {
        const tensors = [hidden];
        for (const { f, left, right } of chain) {
          const pick = (i: number) => tensors[i % tensors.length] ?? hidden;
          tensors.push(tanh(f(pick(left), pick(right))));
        }
        const loss = sum(end(tensors.at(-1) ?? hidden));
        const [dw, drow] = gradients(loss, [w, row]);
        expectSameValues({ loss, ...(dw ? { dw } : {}), ...(drow ? { drow } : {}) });
      }),
      { numRuns: 40 },
    );
  });
});
