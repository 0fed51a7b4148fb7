import fc from "fast-check";
import { expect, test } from "vitest";
import { operatorCases } from "../../test/operatorCases/table.js";
import { profiledRun } from "../../test/profile.js";
import { gradients } from "../differentiate/gradients.js";
import { readGraph } from "../onnx/read.js";
import { add } from "../operators/binary.js";
import { sum } from "../operators/reductions.js";
import { cast } from "../operators/select.js";
import type { TensorArray } from "../run/arrays.js";
import { compile } from "../run/compile.js";
import { optimisedModel } from "../run/session.js";
import { constant, input, type Tensor } from "../tensor/tensor.js";
import { typesOf } from "./types.js";

/** ONNX's numbers of the types that a profile names. */
const numberOf: Readonly<Record<string, number>> = {
  ...{ float: 1, uint8: 2, int32: 6, int64: 7, bool: 9, uint32: 12 },
};

test("tells the types of all values of a graph of all operators and their derivatives, and the order of a run", async () => {
  const feeds: Record<string, TensorArray> = {};
  const results: Tensor[] = [];
  for (const [name, cases] of Object.entries(operatorCases)) {
    for (const [i, { inputs, build }] of fc.sample(cases, { seed: 7, numRuns: 3 }).entries()) {
      const tensors = inputs.map(({ shape, dtype, values }, k) => {
        const title = `${name}_${i}_${k}`;
        const make = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array };
        feeds[title] =
          dtype === "int64" ? BigInt64Array.from(Array.from(values, BigInt)) : make[dtype].from(values);
        return input(title, shape, dtype);
      });
      const built = build(tensors);
      const outputs: readonly Tensor[] = "source" in built ? [built] : built;
      const loss = outputs.reduce((total, y) => add(total, sum(cast(y, "float32"))), constant(0));
      const wrt = tensors.filter(({ dtype }) => dtype === "float32");
      results.push(loss, ...gradients(loss, wrt).map((tensor) => sum(tensor)));
    }
  }
  const total = results.reduce((all, y) => add(all, y));
  const compiled = compile({ total });
  const graph = readGraph(await optimisedModel(compiled));
  const types = typesOf(graph);

  const needed = Object.entries(feeds).filter(([name]) => name in compiled.inputs);
  const ran = await profiledRun(compiled, {
    feeds: Object.fromEntries(needed),
    fetches: { total: new Float32Array(1) },
  });
  // The optimiser numbers what it adds anew in every session.
  const kinds = (nodes: readonly { readonly name: string }[]) =>
    nodes.map(({ name }) => name.replace(/_token_\d+$/, ""));
  expect(kinds(ran)).toEqual(kinds(graph.nodes));
  for (const [i, { name, types: actual }] of ran.entries()) {
    const known = graph.nodes[i]?.outputs.flatMap((output) => types.get(output) ?? []);
    const expected = actual.map(([type, shape]) => ({ elementType: numberOf[type], shape }));
    expect({ name, types: known }).toEqual({ name, types: expected });
  }
  expect(new Set(graph.nodes.map(({ opType }) => opType)).size).toBeGreaterThan(40);
});
