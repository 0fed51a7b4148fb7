import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  findModel,
  type MemoryModel,
  namedModel,
  namedModels,
  parameterCount,
  planMemory,
} from "../src/index.js";

/** As their authors and Hugging Face count them. */
const published: Readonly<Record<string, number>> = {
  "nanogpt-cpu": 804_096,
  "baby-gpt": 10_745_088,
  gpt2: 124_439_808,
  "gpt2-medium": 354_823_168,
  "gpt2-large": 774_030_080,
  "gpt2-xl": 1_557_611_200,
  "llama-3.2-1b": 1_235_814_400,
  "llama-3.2-3b": 3_212_749_824,
  "llama-2-7b": 6_738_415_616,
  "llama-3-8b": 8_030_261_248,
  "llama-2-13b": 13_015_864_320,
  "llama-2-70b": 68_976_648_192,
  "llama-3-70b": 70_553_706_496,
  "llama-3-405b": 405_853_388_800,
  "mistral-7b": 7_241_732_096,
  "qwen2.5-0.5b": 494_032_768,
  "qwen3-0.6b": 596_049_920,
  "qwen2.5-1.5b": 1_543_714_304,
  "qwen2.5-7b": 7_615_616_512,
  "qwen3-8b": 8_190_735_360,
  "qwen2.5-32b": 32_763_876_352,
  "qwen2.5-72b": 72_706_203_648,
  "vit-b-16": 86_567_656,
  "vit-l-16": 304_326_632,
  "vit-h-14": 632_045_800,
  "resnet-50": 25_557_032,
  "784-100-10": 79_510,
};

const built = new Map(namedModels.map((entry) => [entry.name, entry.build()]));

describe("models by name", () => {
  it("have their published numbers of parameters", () => {
    const found = [...built].map(([name, { parameters }]) => [name, parameterCount(parameters)]);
    expect(Object.fromEntries(found)).toEqual(published);
  });

  it("name every parameter once, and the layers' are among them", () => {
    for (const [name, { parameters, blocks, architecture }] of built) {
      expect(new Set(parameters.map((parameter) => parameter.name)).size, name).toBe(parameters.length);
      const all = new Set(parameters);
      expect(blocks.flat().every((parameter) => all.has(parameter))).toBe(true);
      if (architecture.kind !== "transformer") continue;
      expect(blocks).toHaveLength(architecture.layers);
      expect(new Set(blocks.map(parameterCount)).size, name).toBe(1);
    }
  });

  it("are found whatever the case, perceptrons by their widths, others by the nearest name", () => {
    expect(findModel("GPT2-XL").name).toBe("gpt2-xl");
    expect(parameterCount(findModel("3-4-5-6").parameters)).toBe(4 * 4 + 5 * 5 + 6 * 6);
    expect(() => namedModel("lama-3-8b")).toThrow(/unknown model "lama-3-8b"\. Did you mean "llama-3-8b"/);
    expect(() => namedModel("784-0-10")).toThrow(/784-0-10: expected width to be an integer from 1/);
  });
});

describe("what is kept of models without equal layers", () => {
  const kept = (model: MemoryModel) =>
    model.architecture.kind === "layered" ? model.architecture.saved : expect.unreachable();

  it("is the input of each layer of a perceptron", () => {
    expect(kept(namedModel("784-100-10"))).toEqual([{ name: "inputs of linear layers", elements: 884 }]);
    const plan = planMemory(namedModel("784-100-10"), { batch: 7, precision: "fp32" });
    expect(plan.terms.find(({ category }) => category === "activations")?.bytes).toBe(4 * 7 * 884);
  });

  it("is, of a ResNet-50, what its convolutions and norms read, layer by layer", () => {
    const [inputs, norms, pooled] = kept(namedModel("resnet-50"));
    // Outputs of all convolutions, from the table of the paper (He et al. 2015): each block three, the first
    // of a stage a shortcut besides, whose first convolution still has the larger side.
    const stage = (width: number, side: number, depth: number, wide: number) =>
      width * wide ** 2 +
      (depth - 1) * width * side ** 2 +
      depth * 5 * width * side ** 2 +
      4 * width * side ** 2;
    const outputs =
      64 * 112 ** 2 +
      stage(64, 56, 3, 56) +
      stage(128, 28, 4, 56) +
      stage(256, 14, 6, 28) +
      stage(512, 7, 3, 14);
    expect(norms?.elements).toBe(outputs);
    expect(pooled).toMatchObject({ elements: 64 * 56 ** 2, bytesEach: 8 });
    // Of every norm but the last of a block and the shortcut's, the ReLU's output is read by a convolution; of
    // a block, its input; and what is pooled last, twice: before and after.
    const blocks =
      64 * 56 ** 2 + 3 * 256 * 56 ** 2 + 4 * 512 * 28 ** 2 + 6 * 1024 * 14 ** 2 + 3 * 2048 * 7 ** 2;
    const inner = (width: number, side: number, depth: number, wide: number) =>
      width * wide ** 2 + (2 * depth - 1) * width * side ** 2;
    const relus =
      64 * 112 ** 2 +
      inner(64, 56, 3, 56) +
      inner(128, 28, 4, 56) +
      inner(256, 14, 6, 28) +
      inner(512, 7, 3, 14);
    expect(inputs?.elements).toBe(3 * 224 ** 2 + relus + blocks + 2048);
  });

  it("cannot be recomputed layer by layer, and has no estimate in hidden widths", () => {
    const model = namedModel("resnet-50");
    expect(() => planMemory(model, { checkpoint: { kind: "full" } })).toThrow(/no equal layers/);
    expect(() => planMemory(model, { method: "zero" })).toThrow(/formula for transformers/);
    expect(() => planMemory(model, { sequence: 5 })).toThrow(/no sequences/);
  });
});

describe("sizes that make no model", () => {
  it("are refused whatever they are", () => {
    const size = fc.oneof(fc.constantFrom(0, -1, 1.5, Number.NaN, 1e300), fc.integer({ min: -5, max: 200 }));
    fc.assert(
      fc.property(fc.array(size, { minLength: 2, maxLength: 4 }), (widths) => {
        const isModel = widths.every((width) => Number.isSafeInteger(width) && width >= 1);
        const name = widths.join("-");
        if (isModel) expect(parameterCount(namedModel(name).parameters)).toBeGreaterThan(0);
        else expect(() => namedModel(name)).toThrow(/unknown model|expected width/);
      }),
      { numRuns: 25 },
    );
  });

  it("name what does not divide, and the nearest that does", () => {
    const model = namedModel("llama-3-8b");
    const plan = (parallelism: object) => () => planMemory(model, { parallelism });
    expect(plan({ devices: 3, tensor: 3 })).toThrow(/32 heads .* cannot be divided among 3 devices/);
    expect(plan({ devices: 64, pipeline: 64 })).toThrow(/32 layers .* cannot be divided among 64/);
    expect(plan({ devices: 6, tensor: 4 })).toThrow(/6 devices cannot be divided .* Use 8 devices/);
    expect(() => planMemory(model, { batch: 10, accumulate: 4 })).toThrow(/Use a batch of 12/);
    expect(() => planMemory(model, { sequence: 200_000 })).toThrow(/Use at most 131072/);
    expect(() => planMemory(model, { batch: 0 })).toThrow(/batch to be an integer from 1/);
    expect(() => planMemory(model, { precision: "fp17" })).toThrow(/Did you mean "fp32"|Did you mean/);
    expect(() => planMemory(model, { checkpoint: { kind: "every", layers: 33 } })).toThrow(/from 1 to 32/);
    expect(() => planMemory(model, { method: "llmc" })).toThrow(/llm\.c's formulas are for a GPT-2/);
    expect(() => planMemory(model, { method: "zero", checkpoint: { kind: "selective" } })).toThrow(
      /knows no checkpointing of the kind selective/,
    );
  });
});
