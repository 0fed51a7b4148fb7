import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../src/differentiate/gradients.js";
import { add, multiply, operators, sum } from "../src/operators/index.js";
import type { TensorArray } from "../src/run/arrays.js";
import { compile } from "../src/run/compile.js";
import { evaluate } from "../src/run/evaluate.js";
import { createSession } from "../src/run/session.js";
import { elementCount } from "../src/tensor/shape.js";
import { constant, type Tensor, type TensorType } from "../src/tensor/tensor.js";
import { topologicalOrder } from "../src/tensor/traverse.js";
import { largestError, wave } from "./arrays.js";
import { graphOf } from "./draw.js";
import { checkOnnx } from "./onnxChecker.js";
import { operatorCases } from "./operatorCases/table.js";

const settings = { seed: 20250701, numRuns: 25 };

/** One number that depends on every float32 element, each with a weight of its own. */
function weightedSum(tensors: readonly Tensor[], phase: number): Tensor {
  return tensors
    .filter(({ dtype }) => dtype === "float32")
    .map((x, i) => sum(multiply(x, constant(wave(elementCount(x.shape), phase + i), x.shape))))
    .reduce((total, term) => add(total, term), constant(0));
}

/** dL/dx by central differences in float64. */
function centralDifferences(
  loss: Tensor,
  name: string,
  feeds: Readonly<Record<string, Float64Array>>,
): Float64Array {
  const h = 1e-5;
  const x = feeds[name] ?? new Float64Array();
  const at = (i: number, value: number) =>
    evaluate({ loss }, { ...feeds, [name]: x.with(i, value) }).loss[0] ?? 0;
  return x.map((value, i) => (at(i, value + h) - at(i, value - h)) / (2 * h));
}

/** Only the feeds of inputs that the tensors depend on. */
function feedsOf(tensors: readonly Tensor[], feeds: Readonly<Record<string, Float64Array>>) {
  const names = topologicalOrder(tensors).flatMap((source) => (source.kind === "input" ? [source.name] : []));
  return Object.fromEntries(names.map((name) => [name, feeds[name] ?? new Float64Array()]));
}

function expectDerivatives(
  loss: Tensor,
  inputs: readonly Tensor[],
  feeds: Readonly<Record<string, Float64Array>>,
): void {
  const wrt = inputs.filter(({ dtype }) => dtype === "float32");
  const used = feedsOf([loss], feeds);
  gradients(loss, wrt).forEach((derivative, i) => {
    const { source } = wrt[i] ?? constant(0);
    if (source.kind !== "input" || !(source.name in used)) return;
    const actual = evaluate({ derivative }, feedsOf([derivative], feeds)).derivative;
    expect(largestError(actual, centralDifferences(loss, source.name, used))).toBeLessThan(1e-7);
  });
}

function arrayFor(
  { shape, dtype }: TensorType,
  values: ArrayLike<number> = new Float64Array(elementCount(shape)),
): TensorArray {
  switch (dtype) {
    case "float32":
      return Float32Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "int64":
      return BigInt64Array.from(Array.from(values, BigInt));
    case "uint8":
    case "bool":
      return Uint8Array.from(values);
  }
}

/** The tensors as ONNX Runtime computes them. */
async function run(tensors: Readonly<Record<string, Tensor>>, feeds: Readonly<Record<string, Float64Array>>) {
  const compiled = compile(tensors);
  expect(checkOnnx(compiled.onnx)).toEqual([]);
  const fetches = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, arrayFor(tensor)]),
  );
  const session = await createSession(compiled, {
    feeds: Object.fromEntries(
      Object.entries(compiled.inputs).map(([name, type]) => [name, arrayFor(type, feeds[name])]),
    ),
    fetches,
  });
  await session.run();
  await session.release();
  return fetches;
}

test("every operator of the registry has its row of cases", () => {
  expect(Object.keys(operatorCases).sort()).toEqual(operators.map(({ name }) => name).sort());
});

describe.each(Object.entries(operatorCases))("%s", (name, cases) => {
  test("occurs in its cases", () => {
    const occurrences = fc
      .sample(cases, settings)
      .filter((drawn) =>
        topologicalOrder(graphOf(drawn).outputs).some(
          (source) => source.kind === "operation" && source.operator.name === name,
        ),
      );
    expect(occurrences.length).toBeGreaterThan(settings.numRuns / 5);
  });

  test("has the derivative that finite differences show", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { tensors, outputs, feeds } = graphOf(drawn);
        expectDerivatives(weightedSum(outputs, 1), tensors, feeds);
      }),
      settings,
    );
  });

  test("has the second derivative that finite differences show", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { tensors, outputs, feeds } = graphOf(drawn);
        const wrt = tensors.filter(({ dtype }) => dtype === "float32");
        expectDerivatives(weightedSum(gradients(weightedSum(outputs, 1), wrt), 5), tensors, feeds);
      }),
      { ...settings, numRuns: 10 },
    );
  });

  test("gives the same in ONNX Runtime, and so do its derivatives", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const { tensors, outputs, feeds } = graphOf(drawn);
        const wrt = tensors.filter(({ dtype }) => dtype === "float32");
        const results: Record<string, Tensor> = {};
        outputs.forEach((tensor, i) => {
          results[`y${i}`] = tensor;
        });
        gradients(weightedSum(outputs, 1), wrt).forEach((tensor, i) => {
          results[`d${i}`] = tensor;
        });
        const expected = evaluate(results, feedsOf(Object.values(results), feeds));
        const actual = await run(results, feeds);
        for (const [key, array] of Object.entries(actual)) {
          expect(largestError(Float64Array.from(array, Number), expected[key] ?? [])).toBeLessThan(1e-5);
        }
      }),
      settings,
    );
  });
});
