import { elementCount } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { literalLogits } from "../../test/literalGpt.js";
import { initialiseParameters } from "../initialisers.js";
import { type GptOptions, gpt2 } from "../models/gpt2.js";
import { drawToken } from "./drawToken.js";
import { createSampler } from "./sampler.js";

const logits = Float32Array.of(1, 3, 2, 3, -1);

describe("drawToken", () => {
  it("draws each token as often as the softmax of the logits over the temperature says", () => {
    const count = 40_000;
    for (const temperature of [0.5, 1, 2]) {
      const { uniform } = randomStream(1, temperature);
      const found = new Float64Array(logits.length);
      for (let i = 0; i < count; i++) {
        const token = drawToken(logits, { temperature }, uniform());
        found[token] = (found[token] ?? 0) + 1;
      }
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit / temperature), 0);
      found.forEach((times, token) => {
        const share = Math.exp((logits[token] ?? 0) / temperature) / total;
        expect(Math.abs(times / count - share)).toBeLessThan(4.5 * Math.sqrt((share * (1 - share)) / count));
      });
    }
  });

  it("inverts the distribution function at its steps", () => {
    const equal = new Float32Array(4);
    expect([0, 0.2499, 0.25, 0.5, 0.7499, 0.75, 1 - 2 ** -32].map((u) => drawToken(equal, {}, u))).toEqual([
      0, 0, 1, 2, 2, 3, 3,
    ]);
  });

  it("never draws below the k-th largest logit, and draws what equals it", () => {
    const drawn = (topK: number) => {
      const { uniform } = randomStream(2, topK);
      return new Set(
        Array.from({ length: 2000 }, () => drawToken(logits, { topK, temperature: 5 }, uniform())),
      );
    };
    expect([...drawn(1)].sort()).toEqual([1, 3]);
    expect([...drawn(3)].sort()).toEqual([1, 2, 3]);
    expect(drawn(5).size).toBe(5);
    expect(drawn(99).size).toBe(5);
  });

  it("takes the first of the largest at temperature 0, whatever is drawn", () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (values, u) => {
          expect(drawToken(values, { temperature: 0 }, u)).toBe(values.indexOf(Math.max(...values)));
        },
      ),
    );
  });

  it("does not overflow, and refuses what are no numbers", () => {
    expect(drawToken(Float32Array.of(3e38, -3e38, 3e38), { temperature: 1e-3 }, 0.6)).toBe(2);
    expect(drawToken(Float32Array.of(Number.NEGATIVE_INFINITY, 0), {}, 0)).toBe(1);
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => drawToken(Float32Array.of(0, wrong), {}, 0.5)).toThrow(/not numbers.*diverged/);
    const nothing = new Float32Array(2).fill(Number.NEGATIVE_INFINITY);
    expect(() => drawToken(nothing, {}, 0.5)).toThrow(/not numbers/);
  });
});

describe("createSampler", () => {
  const options: GptOptions = { layers: 1, heads: 2, width: 8, context: 12, vocabulary: 7 };
  const model = gpt2(options);
  const views = new Map(
    model.parameters.map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]),
  );
  const view = (name: string) => views.get(name) ?? expect.unreachable(name);
  initialiseParameters(model.parameters, 1, view);
  for (const [name, values] of views) {
    const noise = randomStream(2, name);
    for (const [i, value] of values.entries()) values[i] = value + 0.5 * noise.normal();
  }
  const sampler = createSampler(model, view);
  afterAll(() => sampler.release());

  /** The likeliest next token of a text, by the literal transcription run on its last `context` tokens. */
  const literalNext = (text: readonly number[]): number => {
    const seen = text.slice(-options.context);
    const rows = literalLogits(
      { ...options, context: seen.length },
      (name) => Float64Array.from(view(name)),
      Int32Array.from(seen),
    ).slice(-options.vocabulary);
    return rows.indexOf(Math.max(...rows));
  };

  it("continues with what a literal transcription finds likeliest, also beyond the context", async () => {
    const text = [3, 1];
    const drawn = await sampler.generate(text, { count: 12, temperature: 0 });
    for (const token of drawn) {
      expect(token).toBe(literalNext(text));
      text.push(token);
    }
    expect(text).toHaveLength(14);
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });

  it("sees the last tokens of a prompt that is longer than the context", async () => {
    const next = new Set<number>();
    for (let k = 0; k < 8; k++) {
      const { integer } = randomStream(7, k);
      const prompt = Array.from({ length: 25 }, () => integer(options.vocabulary));
      const [token = -1] = await sampler.generate(prompt, { count: 1, temperature: 0 });
      expect(token).toBe(literalNext(prompt));
      next.add(token);
    }
    expect(next.size).toBeGreaterThan(2);
  });

  it("is a function of prompt, seed and parameters", async () => {
    const drawn = (prompt: number[], seed: number) => sampler.generate(prompt, { count: 30, seed });
    const first = await drawn([0, 5], 1);
    expect(await drawn([0, 5], 1)).toEqual(first);
    expect(await drawn([0, 5], 2)).not.toEqual(first);
    expect(await drawn([5, 0], 1)).not.toEqual(first);
    const wpe = view("wpe.weight");
    const kept = wpe.slice();
    wpe.reverse();
    expect(await drawn([0, 5], 1)).not.toEqual(first);
    wpe.set(kept);
    expect(await drawn([0, 5], 1)).toEqual(first);
  });

  it("draws a longer text that begins as the shorter one, and nothing where nothing is asked", async () => {
    const short = await sampler.generate([2], { count: 5, seed: 3, topK: 3 });
    const long = await sampler.generate([2], { count: 25, seed: 3, topK: 3 });
    expect(long.subarray(0, 5)).toEqual(short);
    expect(await sampler.generate([2], { count: 0 })).toHaveLength(0);
  });

  it("refuses prompts and options that make no sense", async () => {
    const refuses = (prompt: number[], options: object, message: RegExp) =>
      expect(sampler.generate(prompt, { count: 1, ...options })).rejects.toThrow(message);
    await refuses([], {}, /no tokens/);
    await refuses([0, 7], {}, /token 7, outside the vocabulary of 7/);
    await refuses([-1], {}, /token -1/);
    await refuses([0.5], {}, /token 0\.5/);
    await refuses([0], { count: -1 }, /found -1/);
    await refuses([0], { temperature: -0.1 }, /temperature.*-0\.1/);
    await refuses([0], { temperature: Number.NaN }, /temperature.*NaN/);
    await refuses([0], { topK: 0 }, /topK.*found 0/);
  });
});
