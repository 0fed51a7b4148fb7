/** GPTs against PyTorch, whose logits, loss and gradients `dev/gptFixture.py` recorded in float64. */
import { readFileSync } from "node:fs";
import { compile, createSession, evaluate, gradients, input, reshape } from "@steepest/graph";
import { elementCount } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { crossEntropy, gpt2 } from "../src/index.js";
import { named, singles } from "./gptCases.js";

const numbers = z.array(z.number());
const recordedCase = z.strictObject({
  name: z.string(),
  options: z.strictObject({
    ...{ layers: z.int(), heads: z.int(), width: z.int(), context: z.int(), vocabulary: z.int() },
    ...{ hidden: z.int(), bias: z.boolean(), head: z.enum(["tied", "own"]) },
    normalisation: z.enum(["layerNorm", "rmsNorm"]),
    positions: z.enum(["learned", "rotary"]),
    qkNormalisation: z.boolean(),
    network: z.enum(["gelu", "relu2", "swiglu"]),
    logitCap: z.number().exactOptional(),
  }),
  sequences: z.int(),
  time: z.int(),
  loss: z.number(),
  /** Of each sequence. */
  logitsOfLastPlace: numbers,
  logitNorms: numbers,
  /** Of each tensor its norm, products with three scattered vectors, and eight elements. */
  gradients: z.record(
    z.string(),
    z.strictObject({ norm: z.number(), projections: numbers, elements: numbers }),
  ),
});
const { cases } = z
  .strictObject({ torch: z.string(), cases: z.array(recordedCase) })
  .parse(JSON.parse(readFileSync(new URL("fixtures/gptTorch.json", import.meta.url), "utf8")));

const prime = 1_000_003;

/** The script's `spread`, number by number. */
const spread = (count: number, key: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => {
    const k = i + 7919 * key;
    return ((31 * k * k + 17 * k + 5) % prime) * (2 / prime) - 1;
  });

function caseOf({ options, sequences, time }: z.infer<typeof recordedCase>) {
  const model = gpt2(options);
  const count = sequences * time;
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, role }, key) => {
      const isScale = role === "norm" && name.endsWith("weight");
      const values = spread(elementCount(shape), key);
      return [name, values.map((value) => Math.fround(isScale ? 1 + 0.2 * value : 0.15 * value))];
    }),
  );
  const digits = Int32Array.from(spread(2 * count, 1000), (value) => ((value + 1) / 2) * options.vocabulary);
  const data = { tokens: digits.subarray(0, count), targets: digits.subarray(count) };

  const logits = model.apply(input("tokens", [sequences, time], "int32"), { training: true });
  const loss = crossEntropy(reshape(logits, [-1, options.vocabulary]), input("targets", [count], "int32"));
  const found = gradients(
    loss,
    model.parameters.map(({ tensor }) => tensor),
  );
  const outputs = {
    ...Object.fromEntries(model.parameters.map(({ name, tensor }, i) => [name, found[i] ?? tensor])),
    ...{ loss, logits },
  };
  return { model, weights, data, outputs };
}

const norm = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
const product = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);

function expectEqual(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(tolerance);
}

describe.each(cases.map((recorded) => [recorded.name, recorded] as const))("%s", (_, recorded) => {
  const { model, weights, data, outputs } = caseOf(recorded);
  const { vocabulary } = recorded.options;
  const exact = evaluate(outputs, { ...singles(weights), ...data });

  function expectForward(loss: number, logits: Float64Array, tolerance: number): void {
    expectEqual([loss], [recorded.loss], tolerance);
    const rows = Array.from({ length: logits.length / vocabulary }, (_, i) =>
      logits.subarray(i * vocabulary, (i + 1) * vocabulary),
    );
    expectEqual(rows.map(norm), recorded.logitNorms, tolerance);
    const last = rows.filter((_, i) => (i + 1) % recorded.time === 0);
    expectEqual(
      last.flatMap((row) => [...row]),
      recorded.logitsOfLastPlace,
      tolerance,
    );
  }

  it("has PyTorch's parameters", () => {
    expect(model.parameters.map(({ name }) => name)).toEqual(Object.keys(recorded.gradients));
  });

  it("has PyTorch's logits, loss and gradients in float64", () => {
    expectForward(exact.loss?.[0] ?? Number.NaN, named(exact, "logits"), 1e-9);
    for (const [name, expected] of Object.entries(recorded.gradients)) {
      const found = named(exact, name);
      const tolerance = 1e-9 * expected.norm;
      expectEqual([norm(found)], [expected.norm], tolerance);
      // The vectors are scattered in [-1, 1): products with them are about as large as the norm of any error.
      const projections = [0, 1, 2].map((i) => product(found, spread(found.length, 2000 + i)));
      expectEqual(projections, expected.projections, tolerance);
      const stride = Math.max(1, Math.floor(found.length / 8));
      expectEqual([...found.filter((_, i) => i % stride === 0)].slice(0, 8), expected.elements, tolerance);
    }
  });

  it("has them in ONNX Runtime to 1e-4, the gradients of the norm of each tensor's", async () => {
    const fetches = Object.fromEntries(
      Object.entries(outputs).map(([name, { shape }]) => [name, new Float32Array(elementCount(shape))]),
    );
    const session = await createSession(compile(outputs), {
      feeds: { ...singles(weights), ...data },
      fetches,
    });
    await session.run();
    await session.release();
    const found = (name: string) => Float64Array.from(fetches[name] ?? []);
    expectForward(found("loss")[0] ?? Number.NaN, found("logits"), 1e-4);
    for (const name of Object.keys(recorded.gradients)) {
      const expected = named(exact, name);
      const error = found(name).map((value, i) => value - (expected[i] ?? Number.NaN));
      expect(norm(error)).toBeLessThan(1e-4 * norm(expected));
    }
  });
});
