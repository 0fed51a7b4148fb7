import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeSafetensors,
  elementCount,
  encodeSafetensors,
  layOutSafetensors,
  type SafetensorsTensor,
} from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../files/test/temporaryFolder.js";
import { smallGpt } from "../../test/gptCases.js";
import { type GptModel, type GptOptions, gpt2 } from "../models/gpt2.js";
import { floatDecoder } from "./elements.js";
import { loadGptWeights } from "./loadGptWeights.js";
import { saveGptWeights } from "./saveGptWeights.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

type Views = (name: string) => Float32Array;

/** Memory for a model's parameters. */
function memoryOf(
  { parameters }: GptModel,
  fill: (name: string) => (i: number) => number = () => () => 0,
): Views {
  const views = new Map(
    parameters.map(({ name, shape }) => {
      const value = fill(name);
      return [name, Float32Array.from({ length: elementCount(shape) }, (_, i) => value(i))] as const;
    }),
  );
  return (name) => views.get(name) ?? expect.unreachable(name);
}

/** Arbitrary bits, NaNs with payloads, infinities and negative zeros included. */
function arbitraryBits(model: GptModel): Views {
  const views = memoryOf(model);
  for (const { name } of model.parameters) {
    const { integer } = randomStream(5, name);
    const view = views(name);
    new Uint32Array(view.buffer).forEach((_, i, bits) => {
      bits[i] = integer(2 ** 32);
    });
    new Uint32Array(view.buffer)[0] = 0x7fa1_2345;
  }
  return views;
}

const bits = (view: Float32Array) => new Uint32Array(view.buffer, view.byteOffset, view.length);

const tensorsOf = async (path: string) => new Map(decodeSafetensors(await readFile(path)).tensors);

describe("GPT weights in safetensors files", () => {
  const variants: readonly GptOptions[] = [
    smallGpt,
    {
      ...smallGpt,
      bias: false,
      head: "own",
      network: "swiglu",
      normalisation: "rmsNorm",
      positions: "rotary",
    },
  ];
  it.each(variants)("come back to the bit: %o", async (options) => {
    const model = gpt2(options);
    const path = join(folder, "round.safetensors");
    const saved = arbitraryBits(model);
    await saveGptWeights(model, path, saved);
    const loaded = memoryOf(model);
    await loadGptWeights(model, path, loaded);
    for (const { name } of model.parameters) expect(bits(loaded(name))).toEqual(bits(saved(name)));
  });

  it("are under Hugging Face's names, projections transposed", async () => {
    const model = gpt2({ ...smallGpt, layers: 1, width: 2, heads: 1, context: 3, vocabulary: 4 });
    const path = join(folder, "names.safetensors");
    await saveGptWeights(
      model,
      path,
      memoryOf(model, () => (i) => i),
    );
    const { tensors, metadata } = decodeSafetensors(await readFile(path));
    expect(metadata).toEqual({ format: "pt" });
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      "transformer.wte.weight": [4, 2],
      "transformer.wpe.weight": [3, 2],
      "transformer.h.0.ln_1.weight": [2],
      "transformer.h.0.ln_1.bias": [2],
      "transformer.h.0.attn.c_attn.weight": [2, 6],
      "transformer.h.0.attn.c_attn.bias": [6],
      "transformer.h.0.attn.c_proj.weight": [2, 2],
      "transformer.h.0.attn.c_proj.bias": [2],
      "transformer.h.0.ln_2.weight": [2],
      "transformer.h.0.ln_2.bias": [2],
      "transformer.h.0.mlp.c_fc.weight": [2, 8],
      "transformer.h.0.mlp.c_fc.bias": [8],
      "transformer.h.0.mlp.c_proj.weight": [8, 2],
      "transformer.h.0.mlp.c_proj.bias": [2],
      "transformer.ln_f.weight": [2],
      "transformer.ln_f.bias": [2],
    });
    const projection = tensors.get("transformer.h.0.attn.c_attn.weight")?.data;
    expect(projection).toEqual(Float32Array.of(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
    expect(tensors.get("transformer.wte.weight")?.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  });

  describe("from elsewhere", () => {
    const model = gpt2(smallGpt);
    const values = memoryOf(model, (name) => {
      const { normal } = randomStream(6, name);
      return () => Math.fround(normal());
    });
    /** What we save, changed as a test wants it, loaded into zeros. */
    async function loaded(change: (tensors: Map<string, SafetensorsTensor>) => void, into: GptModel = model) {
      const path = join(folder, "elsewhere.safetensors");
      await saveGptWeights(model, path, values);
      const tensors = await tensorsOf(path);
      change(tensors);
      await writeFile(path, encodeSafetensors(tensors));
      const views = memoryOf(into);
      const result = loadGptWeights(into, path, views);
      await result.catch(() => {
        // All or nothing.
        for (const { name } of into.parameters) expect(views(name).every((value) => value === 0)).toBe(true);
      });
      await result;
      return views;
    }
    const single = (shape: readonly number[], fill = 0): SafetensorsTensor => ({
      ...{ dtype: "F32", shape },
      data: new Float32Array(elementCount(shape)).fill(fill),
    });
    function renamed(tensors: Map<string, SafetensorsTensor>, from: string, to: string): void {
      const tensor = tensors.get(from) ?? expect.unreachable(from);
      tensors.delete(from);
      tensors.set(to, tensor);
    }

    it("load without the prefix, with masks, and with a tied head that is there all the same", async () => {
      const views = await loaded((tensors) => {
        for (const name of [...tensors.keys()]) renamed(tensors, name, name.replace("transformer.", ""));
        tensors.set("h.0.attn.bias", { dtype: "U8", shape: [1, 1, 5, 5], data: new Uint8Array(25) });
        tensors.set("h.1.attn.masked_bias", single([]));
        tensors.set("lm_head.weight", { dtype: "F32", shape: [7, 8], data: values("wte.weight") });
      });
      for (const { name } of model.parameters) expect(views(name)).toEqual(values(name));
    });

    it("are refused where names, shapes or dtypes do not fit, before anything is written", async () => {
      const refuses = (
        change: (tensors: Map<string, SafetensorsTensor>) => void,
        code: string,
        message: RegExp,
      ) =>
        expect(loaded(change)).rejects.toThrow(
          expect.objectContaining({ code, message: expect.stringMatching(message) }),
        );
      await refuses(
        (tensors) => tensors.delete("transformer.ln_f.bias"),
        "state-mismatch",
        /lacks "ln_f\.bias" \[8\]/,
      );
      await refuses(
        (tensors) => tensors.set("transformer.h.0.ln_3.weight", single([8])),
        "unknown-name",
        /"transformer\.h\.0\.ln_3\.weight"/,
      );
      await refuses(
        (tensors) => tensors.set("wte.weight", single([7, 8])),
        "malformed-file",
        /"wte\.weight" twice, with the prefix/,
      );
      const projection = "transformer.h.0.mlp.c_fc.weight";
      await refuses(
        (tensors) => tensors.set(projection, single([32, 8])),
        "shape-mismatch",
        /\[32, 8\].*Transpose/,
      );
      await refuses(
        (tensors) => tensors.set(projection, single([8, 16])),
        "shape-mismatch",
        /\[8, 16\].*needs \[8, 32\]/,
      );
      await refuses(
        (tensors) => tensors.set("transformer.wpe.weight", single([6, 8])),
        "shape-mismatch",
        /wpe.*\[6, 8\].*\[5, 8\]/,
      );
      await refuses(
        (tensors) =>
          tensors.set("transformer.ln_f.bias", { dtype: "I32", shape: [8], data: new Int32Array(8) }),
        "invalid-value",
        /dtype I32.*F32, F16, BF16/,
      );
      await refuses((tensors) => tensors.set("lm_head.weight", single([7, 9])), "shape-mismatch", /lm_head/);
    });

    it("are refused where the head is not tied and the model's is, or the other way round", async () => {
      const path = join(folder, "head.safetensors");
      const own = gpt2({ ...smallGpt, head: "own" });
      await saveGptWeights(
        own,
        path,
        memoryOf(own, () => (i) => i),
      );
      const tensors = await tensorsOf(path);
      expect(tensors.has("lm_head.weight")).toBe(true);
      await loadGptWeights(model, path, memoryOf(model));
      tensors.set("lm_head.weight", single([7, 8], 1));
      await writeFile(path, encodeSafetensors(tensors));
      const views = memoryOf(model);
      await expect(loadGptWeights(model, path, views)).rejects.toThrow(
        /differs from "wte\.weight".*head: "own"/,
      );
      expect(views("wte.weight").every((value) => value === 0)).toBe(true);
      await expect(loaded(() => {}, own)).rejects.toThrow(/lacks "lm_head\.weight"/);
    });

    it("are refused where the file is missing, cut short or something else, by its name", async () => {
      const path = join(folder, "cut.safetensors");
      const load = () => loadGptWeights(model, path, memoryOf(model));
      await expect(load()).rejects.toThrow(expect.objectContaining({ code: "unavailable" }));
      await saveGptWeights(model, path, values);
      const bytes = await readFile(path);
      for (const length of [0, 5, 100, bytes.length - 1]) {
        await writeFile(path, bytes.subarray(0, length));
        await expect(load()).rejects.toThrow(expect.objectContaining({ code: "malformed-file" }));
        await expect(load()).rejects.toThrow(/cut\.safetensors is not a safetensors file/);
      }
      await writeFile(path, "a text of more than eight bytes");
      await expect(load()).rejects.toThrow(expect.objectContaining({ code: "malformed-file" }));
    });

    it("load from half precision exactly", async () => {
      const path = join(folder, "half.safetensors");
      const shapes = new Map(
        model.parameters.map(({ name, shape, role }) => {
          const inFile = role === "hiddenMatrix" ? shape.toReversed() : shape;
          return [name, { dtype: name === "wte.weight" ? "F16" : "BF16", shape: inFile }] as const;
        }),
      );
      const { start, order } = layOutSafetensors(shapes);
      // 1.5 in both formats.
      const parts = order.map((name) => {
        const { dtype = "F16", shape = [] } = shapes.get(name) ?? {};
        return Buffer.from(
          new Uint16Array(elementCount(shape)).fill(dtype === "F16" ? 0x3e00 : 0x3fc0).buffer,
        );
      });
      await writeFile(path, Buffer.concat([start, ...parts]));
      const views = memoryOf(model);
      await loadGptWeights(model, path, views);
      for (const { name } of model.parameters) expect(views(name).every((value) => value === 1.5)).toBe(true);
    });
  });
});

describe("half precision", () => {
  const decoded = (dtype: "F16" | "BF16", ...values: number[]) => [
    ...(floatDecoder(dtype)?.(Uint16Array.from(values).buffer) ?? []),
  ];
  it("reads float16: normal, subnormal, signed zero, infinities, NaN", () => {
    expect(decoded("F16", 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00)).toEqual([
      1,
      -2,
      65_504,
      2 ** -14,
      2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it("reads bfloat16 as the upper half of a float32", () => {
    expect(decoded("BF16", 0x3f80, 0xc040, 0x0001, 0x8000, 0x7f80)).toEqual([
      1,
      -3,
      2 ** -133,
      -0,
      Number.POSITIVE_INFINITY,
    ]);
  });
});
