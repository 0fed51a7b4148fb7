import { compile, constant, createSession, evaluate, gradients, input, type Tensor } from "@steepest/graph";
import { elementCount } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gptLoss, gptVariants, named, noisyValues, singles, smallGpt } from "../../test/gptCases.js";
import { literalLogits } from "../../test/literalGpt.js";
import { dropout, dropoutKey } from "../layers/dropout.js";
import { feedForwardWidth } from "../layers/feedForward.js";
import { rotary } from "../layers/rotary.js";
import type { GptOptions } from "./gpt2.js";
import type { Model } from "./model.js";

const derivatives = (model: Model, loss: Tensor): Record<string, Tensor> => {
  const found = gradients(
    loss,
    model.parameters.map(({ tensor }) => tensor),
  );
  return Object.fromEntries(model.parameters.map(({ name, tensor }, i) => [name, found[i] ?? tensor]));
};

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [actual = Number.NaN, wanted = Number.NaN] = [found[i], expected[i]];
    expect(Math.abs(actual - wanted)).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted)));
  }
}

/** Any options of a tiny GPT. */
const anyOptions: fc.Arbitrary<GptOptions> = fc
  .record({
    layers: fc.integer({ min: 1, max: 2 }),
    heads: fc.integer({ min: 1, max: 3 }),
    depth: fc.constantFrom(2, 4),
    context: fc.integer({ min: 1, max: 4 }),
    vocabulary: fc.integer({ min: 1, max: 5 }),
    bias: fc.boolean(),
    head: fc.constantFrom("tied" as const, "own" as const),
    normalisation: fc.constantFrom("layerNorm" as const, "rmsNorm" as const),
    positions: fc.constantFrom("learned" as const, "rotary" as const),
    qkNormalisation: fc.boolean(),
    network: fc.constantFrom("gelu" as const, "relu2" as const, "swiglu" as const),
    more: fc.record(
      { hidden: fc.integer({ min: 1, max: 9 }), logitCap: fc.double({ min: 0.1, max: 30, noNaN: true }) },
      { requiredKeys: [] },
    ),
  })
  .map(({ depth, more, ...options }) => ({ ...options, ...more, width: options.heads * depth }));

describe("gpt2 against oracles", () => {
  it("computes what a literal transcription computes, whatever the options", () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const { model, logits, data } = gptLoss(options);
        const values = noisyValues(model);
        const found = evaluate({ logits }, { ...values, tokens: data.tokens }).logits;
        expectClose(
          found,
          literalLogits(options, (name) => named(values, name), data.tokens),
          1e-10,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("drops at GPT-2's places in training, and nowhere in evaluation", () => {
    const options: GptOptions = { ...smallGpt, dropout: 0.3 };
    const key = input("key", [], "int64");
    const { model, logits, data } = gptLoss(options, { dropoutKey: key });
    const values = noisyValues(model);
    const feeds = { ...values, tokens: data.tokens, key: [Number(dropoutKey(1, 2))] };
    // The layers' own draws, on ones: how often and by which key they drop is tested where they are.
    const scales = new Map<string, Float64Array>();
    const dropped = (layer: string, place: number): number => {
      const count = layer.endsWith("attn_dropout") ? 2 * 2 * 5 * 5 : 2 * 5 * 8;
      const ones = constant(1, [count]);
      const scale = dropout(layer, 0.3).apply(ones, { training: true, dropoutKey: key });
      const found = scales.get(layer) ?? evaluate({ scale }, { key: feeds.key }).scale;
      scales.set(layer, found);
      return found[place] ?? Number.NaN;
    };
    const found = evaluate({ logits }, feeds).logits;
    const expected = literalLogits(options, (name) => named(values, name), data.tokens, dropped);
    expectClose(found, expected, 1e-10);
    expect(scales.size).toBe(1 + 3 * 2);

    const evaluated = model.apply(input("tokens", [2, 5], "int32"), { training: false });
    expectClose(
      evaluate({ evaluated }, { ...values, tokens: data.tokens }).evaluated,
      literalLogits(options, (name) => named(values, name), data.tokens),
      1e-10,
    );
  });

  it.each(Object.entries(gptVariants))("has the derivatives of finite differences: %s", (_, options) => {
    const { model, loss, data } = gptLoss(options);
    const values = noisyValues(model);
    const found = evaluate(derivatives(model, loss), { ...values, ...data });
    // One direction a parameter, in which all of its elements move.
    for (const { name } of model.parameters) {
      const array = named(values, name);
      const draws = randomStream(4, name);
      const direction = array.map(() => draws.normal());
      const at = (h: number) => {
        const moved = array.map((value, i) => value + h * (direction[i] ?? 0));
        return evaluate({ loss }, { ...values, ...data, [name]: moved }).loss[0] ?? Number.NaN;
      };
      const difference = (at(1e-6) - at(-1e-6)) / 2e-6;
      const slope = named(found, name).reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0);
      expect(Math.abs(slope)).toBeGreaterThan(1e-9);
      expect(slope).toBeCloseTo(difference, 7);
    }
  });

  it.each(Object.entries(gptVariants))(
    "has the same gradients in ONNX Runtime to 1e-4 of each tensor's norm: %s",
    async (_, options) => {
      const { model, loss, data } = gptLoss(options);
      const values = singles(noisyValues(model));
      const outputs = derivatives(model, loss);
      const expected = evaluate(outputs, { ...values, ...data });
      const fetches = Object.fromEntries(
        model.parameters.map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]),
      );
      const session = await createSession(compile(outputs), { feeds: { ...values, ...data }, fetches });
      await session.run();
      await session.release();
      for (const { name } of model.parameters) {
        const exact = named(expected, name);
        const norm = Math.hypot(...exact);
        expect(norm).toBeGreaterThan(0);
        const error = Math.hypot(...exact.map((value, i) => (fetches[name]?.[i] ?? Number.NaN) - value));
        expect(error).toBeLessThan(1e-4 * norm);
      }
    },
  );
});

describe("rotary", () => {
  const turned = (values: readonly number[], time: number) => {
    const depth = values.length;
    const x = constant(Array.from({ length: time }, () => values).flat(), [time, depth]);
    const rows = evaluate({ y: rotary(depth)(x) }).y;
    return (place: number) => rows.subarray(place * depth, (place + 1) * depth);
  };
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

  it("keeps lengths, and makes products a function of the distance", () => {
    const at = turned([0.3, -1, 2, 0.7, 0.1, -0.4], 9);
    const other = turned([1, 0.2, -0.5, 0.8, 3, 0.6], 9);
    for (const distance of [0, 1, 4]) {
      const products = [0, 1, 4].map((place) => dot(at(place + distance), other(place)));
      for (const product of products) expect(product).toBeCloseTo(products[0] ?? Number.NaN, 12);
    }
    expect(dot(at(5), at(5))).toBeCloseTo(dot(at(0), at(0)), 12);
    expect(dot(at(1), other(0))).not.toBeCloseTo(dot(at(0), other(1)), 3);
  });
});

describe("feedForwardWidth", () => {
  it("gives networks of about the same number of parameters", () => {
    expect([feedForwardWidth("gelu", 768), feedForwardWidth("relu2", 768)]).toEqual([3072, 3072]);
    expect([768, 128, 8].map((width) => feedForwardWidth("swiglu", width))).toEqual([2048, 344, 24]);
  });
});
