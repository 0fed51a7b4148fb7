import { compile, createSession, evaluate, gradients, input, reshape, type Tensor } from "@steepest/graph";
import { elementCount, SteepestError } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { describe, expect, it } from "vitest";
import { literalLogits } from "../../test/literalGpt.js";
import { initialiseParameters } from "../initialisers.js";
import { crossEntropy } from "../losses.js";
import { type GptOptions, gpt2 } from "./gpt2.js";
import type { Model } from "./model.js";

const small: GptOptions = { layers: 2, heads: 2, width: 8, context: 5, vocabulary: 7 };
const sequences = 3;

const get = (arrays: Readonly<Record<string, Float64Array>>, name: string): Float64Array =>
  arrays[name] ?? expect.unreachable(name);

/** First values with noise ten times as large, biases too, so that every part of the model matters. */
function firstValues(model: Model): Record<string, Float64Array> {
  const values = Object.fromEntries(
    model.parameters.map(({ name, shape }) => [name, new Float64Array(elementCount(shape))]),
  );
  initialiseParameters(model.parameters, 1, (name) => get(values, name));
  for (const [name, array] of Object.entries(values)) {
    const noise = randomStream(2, name);
    for (const [i, value] of array.entries()) array[i] = value + 0.2 * noise.normal();
  }
  return values;
}

const draw = (name: string, count: number, below: number): Int32Array => {
  const stream = randomStream(3, name);
  return Int32Array.from({ length: count }, () => stream.integer(below));
};

function lossOf(options: GptOptions) {
  const model = gpt2(options);
  const { context, vocabulary } = options;
  const shape = [sequences, context];
  const logits = model.apply(input("tokens", shape, "int32"), { training: true });
  const loss = crossEntropy(
    reshape(logits, [-1, vocabulary]),
    input("targets", [elementCount(shape)], "int32"),
  );
  const data = {
    tokens: draw("tokens", elementCount(shape), vocabulary),
    targets: draw("targets", elementCount(shape), vocabulary),
  };
  return { model, logits, loss, data };
}

const derivatives = (model: Model, loss: Tensor): Record<string, Tensor> => {
  const found = gradients(
    loss,
    model.parameters.map(({ tensor }) => tensor),
  );
  return Object.fromEntries(model.parameters.map(({ name, tensor }, i) => [name, found[i] ?? tensor]));
};

const variants: readonly GptOptions[] = [small, { ...small, bias: false, head: "own" }];

describe("gpt2", () => {
  it("has nanoGPT's number of parameters, GPT-2's names and the roles of their places", () => {
    const { parameters } = gpt2({
      layers: 4,
      heads: 4,
      width: 128,
      context: 64,
      vocabulary: 65,
      bias: false,
    });
    expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(804_096);
    const described = (model: Model) =>
      model.parameters.map(({ name, shape, role }) => `${name} [${shape.join(", ")}] ${role}`);
    expect(described(gpt2({ ...small, layers: 1, head: "own" }))).toEqual([
      "wte.weight [7, 8] embedding",
      "wpe.weight [5, 8] embedding",
      "h.0.ln_1.weight [8] norm",
      "h.0.ln_1.bias [8] norm",
      "h.0.attn.c_attn.weight [24, 8] hiddenMatrix",
      "h.0.attn.c_attn.bias [24] bias",
      "h.0.attn.c_proj.weight [8, 8] hiddenMatrix",
      "h.0.attn.c_proj.bias [8] bias",
      "h.0.ln_2.weight [8] norm",
      "h.0.ln_2.bias [8] norm",
      "h.0.mlp.c_fc.weight [32, 8] hiddenMatrix",
      "h.0.mlp.c_fc.bias [32] bias",
      "h.0.mlp.c_proj.weight [8, 32] hiddenMatrix",
      "h.0.mlp.c_proj.bias [8] bias",
      "ln_f.weight [8] norm",
      "ln_f.bias [8] norm",
      "lm_head.weight [7, 8] head",
    ]);
  });

  it("begins at GPT-2's deviations, smaller where it writes to the residual stream", () => {
    const { parameters } = gpt2({ layers: 8, heads: 1, width: 64, context: 64, vocabulary: 65 });
    const values = new Map(
      parameters.map(({ name, shape }) => [name, new Float64Array(elementCount(shape))] as const),
    );
    initialiseParameters(parameters, 0, (name) => values.get(name) ?? expect.unreachable(name));
    const deviation = (name: string) => {
      const array = values.get(name) ?? expect.unreachable(name);
      return Math.sqrt(array.reduce((sum, value) => sum + value ** 2, 0) / array.length);
    };
    for (const name of ["wte.weight", "h.0.attn.c_attn.weight", "h.7.mlp.c_fc.weight"])
      expect(deviation(name) / 0.02).toBeCloseTo(1, 1);
    for (const name of ["h.0.attn.c_proj.weight", "h.7.mlp.c_proj.weight"])
      expect(deviation(name) / 0.005).toBeCloseTo(1, 1);
  });

  it.each(variants)("computes what a literal transcription computes: %o", (options) => {
    const { model, logits, data } = lossOf(options);
    const values = firstValues(model);
    const found = evaluate({ logits }, { ...values, tokens: data.tokens }).logits;
    const expected = literalLogits(options, (name) => get(values, name), data.tokens);
    expect(found.length).toBe(expected.length);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 10);
    });
  });

  it.each(variants)("has the derivatives of finite differences: %o", (options) => {
    const { model, loss, data } = lossOf(options);
    const values = firstValues(model);
    const found = evaluate(derivatives(model, loss), { ...values, ...data });
    const h = 1e-5;
    for (const { name } of model.parameters) {
      const array = get(values, name);
      const pick = randomStream(4, name);
      for (let sample = 0; sample < 3; sample++) {
        const i = pick.integer(array.length);
        const at = (value: number) =>
          evaluate({ loss }, { ...values, ...data, [name]: array.with(i, value) }).loss[0] ?? Number.NaN;
        const difference = (at((array[i] ?? 0) + h) - at((array[i] ?? 0) - h)) / (2 * h);
        expect(get(found, name)[i]).toBeCloseTo(difference, 7);
      }
    }
  });

  it("has the same gradients in ONNX Runtime to 1e-4 of each tensor's scale", async () => {
    const { model, loss, data } = lossOf(small);
    const values = firstValues(model);
    const single = Object.fromEntries(
      Object.entries(values).map(([name, array]) => [name, Float32Array.from(array)]),
    );
    const outputs = derivatives(model, loss);
    const expected = evaluate(outputs, { ...single, ...data });
    const fetches = Object.fromEntries(
      model.parameters.map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]),
    );
    const session = await createSession(compile(outputs), { feeds: { ...single, ...data }, fetches });
    await session.run();
    await session.release();
    for (const { name } of model.parameters) {
      const exact = get(expected, name);
      const scale = Math.max(...exact.map(Math.abs));
      expect(scale).toBeGreaterThan(0);
      exact.forEach((value, i) => {
        expect(Math.abs((fetches[name]?.[i] ?? Number.NaN) - value)).toBeLessThan(1e-4 * scale);
      });
    }
  });

  it("refuses sizes that do not fit, and sequences longer than its context", () => {
    expect(() => gpt2({ ...small, heads: 3 })).toThrow(SteepestError);
    expect(() => gpt2({ ...small, layers: 0 })).toThrow(/layers/);
    expect(() => gpt2(small).apply(input("tokens", [1, 6], "int32"), { training: false })).toThrow(
      /context of 5/,
    );
  });
});
