import fc from "fast-check";
import { expect, test } from "vitest";
import { fetchesFor, wave } from "../../test/arrays.js";
import { profiledRun } from "../../test/profile.js";
import { randomGraph } from "../../test/randomGraph.js";
import { readGraph } from "../onnx/read.js";
import { compile } from "../run/compile.js";
import { optimisedModel } from "../run/session.js";
import { runOrder } from "./runOrder.js";

test("knows the order in which nodes run, whether the optimiser found something to change or not (property)", async () => {
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(randomGraph(2, 8), async (outputs) => {
      const compiled = compile(outputs);
      const feeds = Object.fromEntries(Object.keys(compiled.inputs).map((name) => [name, wave(4)]));
      const ran = await profiledRun(compiled, { feeds, fetches: fetchesFor(outputs) });
      const [optimised, given] = [readGraph(await optimisedModel(compiled)), readGraph(compiled.onnx)];
      if (optimised.nodes.length === given.nodes.length) unchanged++;
      const kinds = (nodes: readonly { readonly name: string }[]) =>
        nodes.map(({ name }) => name.replace(/_token_\d+$/, ""));
      expect(kinds(runOrder(optimised, given).nodes)).toEqual(kinds(ran));
    }),
    { numRuns: 25 },
  );
  expect(unchanged).toBeGreaterThan(5);
  expect(unchanged).toBeLessThan(25);
});
