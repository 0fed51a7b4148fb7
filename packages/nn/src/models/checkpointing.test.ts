import { compile, createSession, evaluate, gradients, input, reshape, square, sum } from "@steepest/graph";
import { describe, expect, test } from "vitest";
import { initialiseParameters } from "../initialisers.js";
import { dropout } from "../layers/dropout.js";
import { linear } from "../layers/linear.js";
import { crossEntropy } from "../losses.js";
import { type Checkpointing, withCheckpointing } from "./checkpointing.js";
import { type GptOptions, gpt2 } from "./gpt2.js";
import { sequential } from "./model.js";

const sizes = { layers: 3, heads: 2, width: 16, context: 8, vocabulary: 11 };
const tokens = Int32Array.from({ length: 2 * sizes.context }, (_, i) => (i * i) % sizes.vocabulary);

/** Loss and all gradients of a small GPT, and how many nodes their graph has. */
async function step(checkpointing: Checkpointing, options: Partial<GptOptions> = {}) {
  const { parameters, apply } = gpt2({ ...sizes, ...options, checkpointing });
  const shape = [2, sizes.context];
  const logits = apply(input("tokens", shape, "int32"), { training: true });
  const rows = reshape(logits, [-1, sizes.vocabulary]);
  const loss = crossEntropy(rows, input("targets", [tokens.length], "int32"));
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const compiled = compile({ loss, ...Object.fromEntries(derivatives.map((d, i) => [`d${i}`, d])) });
  const elements = (of: readonly number[]) => of.reduce((product, extent) => product * extent, 1);
  const values = new Map(parameters.map((p) => [p.name, new Float32Array(elements(p.shape))]));
  initialiseParameters(parameters, 1, (name) => values.get(name) ?? new Float32Array());
  const fetches = Object.fromEntries(
    Object.entries(compiled.outputs).map(([name, output]) => [
      name,
      new Float32Array(elements(output.shape)),
    ]),
  );
  const session = await createSession(compiled, {
    feeds: { tokens, targets: tokens.toReversed(), ...Object.fromEntries(values) },
    fetches,
  });
  await session.run();
  await session.release();
  return { fetches, nodes: compiled.nodeCount };
}

describe("checkpointing of a GPT", () => {
  test("computes blocks again, and gives the same loss and gradients to the bit", async () => {
    const { fetches, nodes } = await step("none");
    expect(fetches.loss?.[0]).toBeCloseTo(Math.log(sizes.vocabulary), 1);
    for (const checkpointing of ["full", { every: 2 }, { every: 5 }] as const) {
      const again = await step(checkpointing);
      expect(again.nodes).toBeGreaterThan(nodes);
      expect(again.fetches).toEqual(fetches);
    }
  });

  test("gives the same bits where the forward pass alone could be fused otherwise", async () => {
    const options = { normalisation: "rmsNorm", network: "swiglu", qkNormalisation: true } as const;
    expect((await step("full", options)).fetches).toEqual((await step("none", options)).fetches);
  });

  test("refuses stretches that are no number of blocks", () => {
    const apply = (every: number) =>
      gpt2({ ...sizes, checkpointing: { every } }).apply(input("tokens", [1, 1], "int32"), {
        training: true,
      });
    expect(() => apply(0)).toThrow(/checkpointing.*every/);
    expect(() => apply(1.5)).toThrow(/checkpointing.*every/);
  });

  test("draws what dropout drops again, the same", () => {
    const block = sequential([linear("linear", 4, 4), dropout("dropout", 0.5)]);
    const x = input("x", [3, 4]);
    const dropoutKey = input("key", [], "int64");
    const graph = (checkpointing: Checkpointing) => {
      const y = sequential(withCheckpointing([block], checkpointing)).apply(x, {
        training: true,
        dropoutKey,
      });
      const [dx = x] = gradients(sum(square(y)), [x]);
      return { y, dx };
    };
    const [weight = [], bias = [], rows = []] = [16, 4, 12].map((count) =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(1 + i)),
    );
    const feeds = { x: rows, key: [7], "linear.weight": weight, "linear.bias": bias };
    expect(evaluate(graph("full"), feeds)).toEqual(evaluate(graph("none"), feeds));
    const draws = (checkpointing: Checkpointing) =>
      new TextDecoder("latin1").decode(compile(graph(checkpointing)).onnx).split("BitwiseXor").length;
    expect(draws("full")).toBeGreaterThan(draws("none"));
  });
});
