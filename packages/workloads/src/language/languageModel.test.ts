import { evaluate, gradients, input, reshape, type Tensor } from "@steepest/graph";
import { crossEntropy, crossEntropyPerExample, gpt2, gptPresets, initialiseParameters } from "@steepest/nn";
import { createSchedule, elementCount, parseSchedule } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { tokensInMemory, wordTokeniser } from "@steepest/text";
import { describe, expect, it } from "vitest";
import type { BindOptions } from "../workload.js";
import type { LanguageDataset } from "./dataset.js";
import { nineTenths } from "./dataset.js";
import { languageModel, windowOperations } from "./languageModel.js";
import { nanoGptRecipe } from "./recipes.js";
import { windowStarts } from "./windows.js";

const gpt = { layers: 2, heads: 2, width: 8, context: 5, vocabulary: 7, bias: false };
const stream = randomStream(0, "text");
const text = Uint16Array.from({ length: 400 }, () => stream.integer(7));
const dataset: LanguageDataset = {
  ...{ source: "a test", procedural: false },
  tokeniser: wordTokeniser([..."abcdefg"]),
  tokens: tokensInMemory(text),
  splits: {
    train: { start: 0, end: 300 },
    validation: { start: 300, end: 363 },
    test: { start: 363, end: 400 },
  },
};
const loaded = languageModel(dataset, gpt);

/** Memory with first values, larger than usual so that the model is far from uniform. */
function memory() {
  const arrays = () =>
    new Map(loaded.parameters.map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]));
  const [values, slopes] = [arrays(), arrays()];
  const views = {
    parameter: (name: string) => values.get(name) ?? expect.unreachable(name),
    gradient: (name: string) => slopes.get(name) ?? expect.unreachable(name),
  };
  initialiseParameters(loaded.parameters, 1, views.parameter);
  for (const { name, shape } of loaded.parameters) {
    const view = views.parameter(name);
    if (shape.length === 2) view.set(view.map((value) => 10 * value));
  }
  return { values, slopes, views };
}

const { values, slopes, views } = memory();
const options: BindOptions = { batchSize: 6, seed: 3, threads: 1 };

/** Loss, losses of the tokens and derivatives for windows of the text, by the float64 interpreter. */
function reference(starts: readonly number[]) {
  const model = gpt2(gpt);
  const { context, vocabulary } = gpt;
  const count = starts.length * context;
  const logits = reshape(
    model.apply(input("tokens", [starts.length, context], "int32"), { training: false }),
    [-1, vocabulary],
  );
  const targets = input("targets", [count], "int32");
  const loss = crossEntropy(logits, targets);
  const derivatives = gradients(
    loss,
    model.parameters.map(({ tensor }) => tensor),
  );
  const outputs: Record<string, Tensor> = { loss, losses: crossEntropyPerExample(logits, targets) };
  for (const [i, { name }] of model.parameters.entries()) outputs[name] = derivatives[i] ?? loss;
  const at = (offset: number) =>
    starts.flatMap((start) => [...text.subarray(start + offset, start + offset + context)]);
  return evaluate(outputs, { tokens: at(0), targets: at(1), ...Object.fromEntries(values) });
}

const startsOf = (step: number) => {
  const next = windowStarts(dataset.splits.train, gpt.context, options.seed, step);
  return Array.from({ length: options.batchSize }, () => next());
};

const copy = () => new Map([...slopes].map(([name, slope]) => [name, slope.slice()]));

describe("a language model", () => {
  it("fills the gradients of the step's windows and gives their mean loss", async () => {
    const bound = await loaded.bind(views, options);
    for (const step of [1, 2, 1000]) {
      const expected = reference(startsOf(step));
      expect(await bound.gradient(step)).toBeCloseTo(expected.loss?.[0] ?? Number.NaN, 5);
      for (const [name, slope] of slopes) {
        expect(slope.some((value) => value !== 0)).toBe(true);
        slope.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[name]?.[i] ?? Number.NaN, 5);
        });
      }
    }
    await bound.release();
  });

  it.each(["validation", "test"] as const)("predicts every token of the %s split once", async (split) => {
    const bound = await loaded.bind(views, options);
    const { start, end } = dataset.splits[split];
    const whole = Math.floor((end - start - 1) / gpt.context);
    const starts = Array.from({ length: whole }, (_, i) => start + i * gpt.context);
    const rest = end - start - 1 - whole * gpt.context;
    const losses = [
      ...(reference(starts).losses ?? []),
      ...(reference([end - 1 - gpt.context]).losses ?? []).slice(gpt.context - rest),
    ];
    expect(rest).toBeGreaterThan(0);
    expect(losses).toHaveLength(end - start - 1);
    const found = await bound.evaluate(split);
    expect(found.count).toBe(end - start - 1);
    expect(found.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 5);
    await bound.release();
  });

  it("looks at as many windows of the training split as validation has, evenly spread", async () => {
    const bound = await loaded.bind(views, options);
    // 60 windows in training, 13 in validation.
    const starts = Array.from({ length: 13 }, (_, i) => gpt.context * Math.floor((i * 60) / 13));
    const losses = [...(reference(starts).losses ?? [])];
    const found = await bound.evaluate("train");
    expect(found.count).toBe(65);
    expect(found.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 65, 5);
    await bound.release();
  });

  it.each([2, 3, 6])(
    "accumulates %i micro-batches to the gradient of the whole batch",
    async (accumulate) => {
      const whole = await loaded.bind(views, options);
      const loss = await whole.gradient(4);
      const expected = copy();
      const parts = await loaded.bind(views, { ...options, accumulate });
      for (let again = 0; again < 2; again++) {
        expect(await parts.gradient(4)).toBeCloseTo(loss, 6);
        for (const [name, slope] of slopes) {
          const scale = Math.max(...(expected.get(name) ?? []).map(Math.abs));
          slope.forEach((value, i) => {
            expect(Math.abs(value - (expected.get(name)?.[i] ?? Number.NaN))).toBeLessThan(2e-6 * scale);
          });
        }
      }
      await whole.release();
      await parts.release();
    },
  );

  it.each(["full", { every: 2 }] as const)(
    "gives the same bits with checkpointing %o",
    async (checkpointing) => {
      for (const dropout of [0, 0.3]) {
        const usual = await loaded.bind(views, { ...options, dropout });
        const loss = await usual.gradient(5);
        const expected = copy();
        const again = await loaded.bind(views, { ...options, dropout, checkpointing });
        expect(await again.gradient(5)).toBe(loss);
        expect(slopes).toEqual(expected);
        await usual.release();
        await again.release();
      }
    },
  );

  it("drops at the rate that is asked for, otherwise at every step and in every micro-batch", async () => {
    const bound = await loaded.bind(views, { ...options, dropout: 0.5 });
    const plain = await loaded.bind(views, options);
    expect(await bound.gradient(1)).not.toBeCloseTo(await plain.gradient(1), 3);
    expect(await bound.gradient(1)).toBe(await bound.gradient(1));
    expect(await bound.evaluate("test")).toEqual(await plain.evaluate("test"));
    const same = { ...dataset, splits: { ...dataset.splits, train: { start: 0, end: 6 } } };
    const parts = { ...options, batchSize: 2, dropout: 0.5, accumulate: 2 };
    // One window is all that there is: its two micro-batches differ by what is dropped alone.
    const alone = await languageModel(same, gpt).bind(views, parts);
    const single = await languageModel(same, gpt).bind(views, { ...parts, batchSize: 1, accumulate: 1 });
    const [first, second] = [await single.gradient(1), await single.gradient(2)];
    expect(first).not.toBe(second);
    expect(await alone.gradient(1)).toBeCloseTo((first + second) / 2, 6);
    for (const each of [bound, plain, alone, single]) await each.release();
  });

  it("describes itself", () => {
    expect(loaded.trainCount).toBe(Math.floor(299 / 5));
    expect(loaded).toMatchObject({ metrics: ["loss"], testIsValidation: false, dataBytes: 800 });
    expect(languageModel({ ...dataset, splits: nineTenths(400) }, gpt).testIsValidation).toBe(true);
    expect(languageModel({ ...dataset, leastLoss: (context) => context / 10 }, gpt).leastLoss).toBe(0.5);
    // nanoGPT's estimate: 6·795,904 + 12·4·128·64 = 5,168,640 a token.
    expect(windowOperations(gpt2(gptPresets["nanogpt-cpu"]))).toBe(64 * 5_168_640);
  });

  it("splits as nanoGPT does", () => {
    const { train, validation, test } = nineTenths(1_115_394);
    expect(train).toEqual({ start: 0, end: 1_003_854 });
    expect(validation).toEqual({ start: 1_003_854, end: 1_115_394 });
    expect(test).toEqual(validation);
  });

  it("refuses texts and batches that do not fit", async () => {
    expect(() => languageModel({ ...dataset, splits: nineTenths(50) }, gpt)).toThrow(
      /validation split has 5 tokens, fewer than a window of 5 and the token after it/,
    );
    expect(() => languageModel(dataset, { ...gpt, vocabulary: 6 })).toThrow(
      /its tokeniser has 7 tokens, the model 6. Build the model with vocabulary: 7/,
    );
    await expect(loaded.bind(views, { ...options, accumulate: 4 })).rejects.toThrow(
      /a batch of 6 examples cannot be accumulated from 4 equal parts/,
    );
  });
});

describe("nanoGPT's recipe", () => {
  /** get_lr of nanoGPT's train.py, over its learning rate, for 2000 iterations from 1e-3 to 1e-4. */
  const getLr = (it: number): number => {
    if (it < 100) return (it + 1) / 101;
    if (it > 2000) return 0.1;
    const coefficient = 0.5 * (1 + Math.cos(Math.PI * ((it - 100) / (2000 - 100))));
    return 0.1 + coefficient * (1 - 0.1);
  };

  it("has its learning rates in all 2001 updates", () => {
    const factor = createSchedule(parseSchedule(nanoGptRecipe(2001).schedule(2001)));
    for (let it = 0; it <= 2000; it++) expect(factor(it + 1)).toBeCloseTo(getLr(it), 12);
  });

  it.each([1, 2, 15, 100, 5001])("has a schedule for %i steps that ends at a tenth", (steps) => {
    const factor = createSchedule(parseSchedule(nanoGptRecipe(2001).schedule(steps)));
    if (steps > 1) expect(factor(steps)).toBeCloseTo(0.1, 12);
    expect(factor(1)).toBeGreaterThan(0);
  });
});
