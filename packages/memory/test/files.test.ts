import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { add, compile, constant, input, matmul, relu } from "@steepest/graph";
import { encodeSafetensors, type SafetensorsTensor } from "@steepest/optim";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { findModel, namedModel, parameterCount, planMemory } from "../src/index.js";

let folder = "";
beforeAll(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const config = (content: object, name = "config.json") => write(name, JSON.stringify(content));

const llama = {
  model_type: "llama",
  ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, hidden_size: 4096 },
  ...{ intermediate_size: 14_336, max_position_embeddings: 8192, vocab_size: 128_256 },
  tie_word_embeddings: false,
};

describe("a config.json", () => {
  const known: readonly (readonly [string, object, number])[] = [
    ["llama", llama, 8_030_261_248],
    [
      "gpt2",
      { model_type: "gpt2", n_layer: 48, n_head: 25, n_embd: 1600, n_positions: 1024, vocab_size: 50_257 },
      1_557_611_200,
    ],
    [
      "mistral",
      { ...llama, model_type: "mistral", vocab_size: 32_000, head_dim: null, tie_word_embeddings: null },
      7_241_732_096,
    ],
    [
      "qwen2",
      {
        ...{ model_type: "qwen2", num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2 },
        ...{ hidden_size: 896, intermediate_size: 4864, max_position_embeddings: 32_768 },
        ...{ vocab_size: 151_936, tie_word_embeddings: true },
      },
      494_032_768,
    ],
    [
      "qwen3",
      {
        ...{ model_type: "qwen3", num_hidden_layers: 36, num_attention_heads: 32, num_key_value_heads: 8 },
        ...{ hidden_size: 4096, intermediate_size: 12_288, max_position_embeddings: 40_960, head_dim: 128 },
        ...{ vocab_size: 151_936, attention_bias: false },
      },
      8_190_735_360,
    ],
    [
      "vit",
      {
        ...{ model_type: "vit", num_hidden_layers: 12, num_attention_heads: 12, hidden_size: 768 },
        ...{ intermediate_size: 3072, image_size: 224, patch_size: 16, num_labels: 1000 },
      },
      86_567_656,
    ],
    [
      "resnet",
      { model_type: "resnet", depths: [3, 4, 6, 3], layer_type: "bottleneck", num_labels: 1000 },
      25_557_032,
    ],
  ];
  it.each(known)("of %s gives its model", (_, content, parameters) => {
    expect(parameterCount(findModel(config(content)).parameters)).toBe(parameters);
  });

  it("plans as the same model by name does", () => {
    const options = { batch: 4, sequence: 2048, device: 80e9 };
    const byFile = planMemory(findModel(config(llama)), options);
    expect(byFile.terms).toEqual(planMemory(namedModel("llama-3-8b"), options).terms);
  });

  it("is found in a folder", () => {
    mkdirSync(join(folder, "model"), { recursive: true });
    writeFileSync(join(folder, "model", "config.json"), JSON.stringify(llama));
    expect(parameterCount(findModel(join(folder, "model")).parameters)).toBe(8_030_261_248);
    expect(() => findModel(join(folder, "nowhere"))).toThrow(/neither a model's file .* nor a folder/);
  });

  it("that is malformed says where", () => {
    expect(() => findModel(config({ ...llama, num_hidden_layers: 0 }))).toThrow(/num_hidden_layers: /);
    expect(() => findModel(config({ ...llama, hidden_size: "wide" }))).toThrow(/hidden_size: .*string/);
    expect(() => findModel(config({ ...llama, num_attention_heads: 33, num_key_value_heads: 33 }))).toThrow(
      /number of heads that divides the width 4096, found 33\. Use 32 heads/,
    );
    expect(() => findModel(config({ ...llama, vocab_size: 1e9, num_hidden_layers: 1e6 }))).toThrow(
      /expected layers to be an integer from 1 to 10000/,
    );
    expect(() =>
      findModel(config({ ...llama, hidden_size: 1e8, head_dim: 4, num_hidden_layers: 9999 })),
    ).toThrow(/make about .* parameters, more than/);
    // Attention alone: 2 layers of 2 x 1e6 x 1e6 x (32 + 8).
    const attention = { hidden_size: 1e6, head_dim: 1e6, intermediate_size: 1, vocab_size: 1 };
    expect(() => findModel(config({ ...llama, ...attention, num_hidden_layers: 2 }))).toThrow(
      /make about 1\.6e\+14 parameters/,
    );
    expect(() => findModel(config({ ...llama, model_type: "lama" }))).toThrow(/Did you mean "llama"/);
    expect(() => findModel(config({ ...llama, model_type: "__proto__" }))).toThrow(/unknown model_type/);
    expect(() => findModel(config([1, 2]))).toThrow(/model_type: expected one of gpt2, llama/);
    expect(() => findModel(write("cut.json", '{"model_type": "gpt2'))).toThrow(/cut\.json is not JSON/);
    expect(() => findModel(write("bytes.json", new Uint8Array([0xff, 0xfe])))).toThrow(/is not JSON/);
    expect(() => findModel(join(folder, "missing.json"))).toThrow(/cannot open .* \(ENOENT/);
    expect(() => findModel("/dev/fd/0/config.json")).toThrow(/cannot open/);
  });

  it("of 100 MB is refused before it is read", () => {
    const path = write("huge.json", "[");
    truncateSync(path, 100_000_000);
    expect(() => findModel(path)).toThrow(/has 100000000 bytes, expected at most 1000000/);
  });

  it("of any content gives a model or an error that explains itself", () => {
    const value = fc.oneof(
      fc.constantFrom(null, -1, 0, 1.5, "x", true, {}, []),
      fc.integer({ min: 1, max: 99 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(llama)), value), (changes) => {
        const path = config({ ...llama, ...changes, model_type: "llama" }, "any.json");
        try {
          expect(parameterCount(findModel(path).parameters)).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: "SteepestError" });
        }
      }),
      { numRuns: 12 },
    );
  });
});

const tensor = (...shape: number[]): SafetensorsTensor => ({
  ...{ dtype: "F32", shape },
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

describe("a safetensors file", () => {
  const gpt = (prefix: string): ReadonlyMap<string, SafetensorsTensor> =>
    new Map([
      [`${prefix}wte.weight`, tensor(10, 128)],
      [`${prefix}wpe.weight`, tensor(16, 128)],
      ...[0, 1].flatMap((layer): [string, SafetensorsTensor][] => [
        [`${prefix}h.${layer}.attn.bias`, tensor(1, 1, 16, 16)],
        [`${prefix}h.${layer}.attn.c_attn.weight`, tensor(128, 384)],
        [`${prefix}h.${layer}.attn.c_proj.bias`, tensor(128)],
        [`${prefix}h.${layer}.mlp.c_fc.weight`, tensor(128, 512)],
      ]),
    ]);

  it.each(["", "transformer."])("of a GPT-2 with names from %j on gives parameters and layers", (prefix) => {
    const model = findModel(write("gpt.safetensors", encodeSafetensors(gpt(prefix))));
    expect(parameterCount(model.parameters)).toBe(26 * 128 + 2 * (128 * 384 + 128 + 128 * 512));
    expect(model.architecture).toMatchObject({
      ...{ kind: "transformer", layers: 2, width: 128, heads: 2, inner: 512, vocabulary: 10, context: 16 },
    });
    expect(model.blocks.map((block) => block.length)).toEqual([3, 3]);
    expect(model.notes.join(" ")).toMatch(
      /2 tensors of the file are no parameters.*2 of width 64 are assumed/,
    );
    const roles = model.parameters.map(({ role }) => role);
    expect(roles.filter((role) => role === "embedding")).toHaveLength(2);
  });

  it("of a Llama gives its heads by their usual width", () => {
    const names: Readonly<Record<string, SafetensorsTensor>> = {
      "model.embed_tokens.weight": tensor(10, 256),
      "model.layers.0.self_attn.q_proj.weight": tensor(256, 256),
      "model.layers.0.self_attn.k_proj.weight": tensor(128, 256),
      "model.layers.0.mlp.gate_proj.weight": tensor(300, 256),
      "lm_head.weight": tensor(10, 256),
    };
    const path = write("llama.safetensors", encodeSafetensors(new Map(Object.entries(names))));
    expect(findModel(path).architecture).toMatchObject({
      ...{ kind: "transformer", layers: 1, heads: 2, keyValueHeads: 1, headWidth: 128, gated: true },
    });
  });

  it("of anything else gives model states alone, and says why", () => {
    const path = write("other.safetensors", encodeSafetensors(new Map([["a", tensor(3, 4)]])));
    const plan = planMemory(findModel(path), { precision: "fp32" });
    expect(plan.parameters).toBe(12);
    expect(plan.notes.join(" ")).toMatch(/^Activations are not counted: .*name the config\.json beside it/);
    expect(plan.terms.some(({ category }) => category === "activations")).toBe(false);
  });

  it("in shards is read by its index, within its own folder alone", () => {
    const [a, b] = ["model-1.safetensors", "model-2.safetensors"];
    write(a, encodeSafetensors(new Map([["x", tensor(3, 4)]])));
    write(b, encodeSafetensors(new Map([["y", tensor(5)]])));
    const index = (map: object) => config({ weight_map: map }, "model.safetensors.index.json");
    expect(parameterCount(findModel(index({ x: a, y: b })).parameters)).toBe(17);
    expect(() => findModel(index({ x: "../secret.safetensors" }))).toThrow(/in its own folder/);
    expect(() => findModel(config({}, "model.safetensors.index.json"))).toThrow(/no index of shards/);
  });

  it("that is damaged is refused", () => {
    const whole = encodeSafetensors(new Map([["a", tensor(3, 4)]]));
    for (const bytes of [new Uint8Array(), whole.subarray(0, 20), whole.subarray(0, whole.length - 1)])
      expect(() => findModel(write("cut.safetensors", bytes))).toThrow(/not a safetensors file/);
    const integers = encodeSafetensors(
      new Map([["ids", { dtype: "I32", shape: [2], data: new Int32Array(2) } as const]]),
    );
    expect(() => findModel(write("ids.safetensors", integers))).toThrow(/holds no parameters/);
  });
});

describe("an ONNX file", () => {
  const weight = constant(new Float32Array(8 * 3).fill(0.5), [8, 3]);
  const bias = constant(new Float32Array([1, 2, 3]), [3]);
  const { onnx } = compile({ y: add(matmul(input("x", [4, 8]), weight), bias) });

  it("gives its initialisers as parameters", () => {
    const model = findModel(write("ours.onnx", onnx));
    expect(model.parameters.map(({ shape, role }) => [shape, role])).toEqual([
      [[8, 3], "hiddenMatrix"],
      [[3], "bias"],
    ]);
  });

  it("gives the outputs of its operations for each example, with their shapes told from the inputs'", () => {
    const hidden = relu(add(matmul(input("x", [4, 8]), weight), bias));
    const deep = compile({ y: matmul(hidden, weight, { transposeB: true }) });
    const { architecture } = findModel(write("deep.onnx", deep.onnx));
    if (architecture.kind !== "layered") return expect.unreachable(JSON.stringify(architecture));
    const { saved, outputs } = architecture;
    // The input, at least one hidden layer of 3, and the output of 8, for one of the 4 examples.
    expect(saved[0]).toEqual({ name: "inputs", elements: 8 });
    const kept = saved.slice(1).map(({ elements }) => elements);
    expect(kept.length).toBeGreaterThan(0);
    for (const elements of kept) expect(elements % 3).toBe(0);
    expect(outputs).toBe(8);
  });

  it("that is damaged anywhere gives a model or an error that explains itself", () => {
    fc.assert(
      fc.property(fc.nat(onnx.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const damaged = cut ? onnx.slice(0, at) : onnx.slice();
        if (!cut) damaged[at] = byte;
        try {
          planMemory(findModel(write("damaged.onnx", damaged)));
        } catch (error) {
          expect(error).toMatchObject({ name: "SteepestError" });
        }
      }),
      { numRuns: 40 },
    );
  });

  it("of something else is refused", () => {
    for (const content of ["", "hello, this is no model", "\u0007".repeat(100)])
      expect(() => findModel(write("text.onnx", content))).toThrow(/not an ONNX file|no initialisers/);
  });
});
