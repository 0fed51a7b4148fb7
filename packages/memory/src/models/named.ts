import { gptPresets } from "@steepest/nn";
import { unknownName } from "@steepest/optim";
import { type DecoderSizes, decoderModel, gpt2Model } from "./decoder.js";
import type { MemoryModel } from "./model.js";
import { mlpModel, resnetModel, vitModel } from "./vision.js";

/** A model that is known by name. */
export interface NamedModel {
  readonly name: string;
  /** The models that differ in size alone. */
  readonly family: string;
  build(): MemoryModel;
}

/** OpenAI's, with the dropout that they were trained with. */
const gpt2Entries: readonly NamedModel[] = Object.entries(gptPresets).map(([name, options]) => ({
  ...{ name, family: "GPT-2" },
  build: () => gpt2Model(name, name.startsWith("gpt2") ? { dropout: 0.1, ...options } : options),
}));

const decoder = (family: string, name: string, sizes: DecoderSizes): NamedModel => ({
  ...{ name, family },
  build: () => decoderModel(name, sizes),
});

type Row = readonly [layers: number, heads: number, keyValueHeads: number, width: number, inner: number];
const sizesOf = (
  [layers, heads, keyValueHeads, width, inner]: Row,
  rest: Pick<DecoderSizes, "context" | "vocabulary"> & Partial<DecoderSizes>,
): DecoderSizes => ({
  ...{ layers, heads, keyValueHeads, width, inner, headWidth: width / heads, tied: false, ...rest },
});

const llama2 = { context: 4096, vocabulary: 32_000 };
const llama3 = { context: 131_072, vocabulary: 128_256 };
const qwen25 = { context: 32_768, vocabulary: 152_064, attentionBias: true };
const smallQwen25 = { context: 32_768, vocabulary: 151_936, attentionBias: true, tied: true };
const qwen3 = { context: 40_960, vocabulary: 151_936, headNorms: true, headWidth: 128 };

const vitEntry = (name: string, row: Row, patch: number): NamedModel => ({
  ...{ name, family: "ViT" },
  build: () => {
    const [layers, heads, , width, inner] = row;
    return vitModel(name, { layers, heads, width, inner, image: 224, patch, channels: 3, classes: 1000 });
  },
});

/** Every model by name, the families one after the other and each from small to large. */
export const namedModels: readonly NamedModel[] = [
  ...gpt2Entries,
  decoder("Llama", "llama-3.2-1b", sizesOf([16, 32, 8, 2048, 8192], { ...llama3, tied: true })),
  decoder("Llama", "llama-3.2-3b", sizesOf([28, 24, 8, 3072, 8192], { ...llama3, tied: true })),
  decoder("Llama", "llama-2-7b", sizesOf([32, 32, 32, 4096, 11_008], llama2)),
  decoder("Llama", "llama-3-8b", sizesOf([32, 32, 8, 4096, 14_336], llama3)),
  decoder("Llama", "llama-2-13b", sizesOf([40, 40, 40, 5120, 13_824], llama2)),
  decoder("Llama", "llama-2-70b", sizesOf([80, 64, 8, 8192, 28_672], llama2)),
  decoder("Llama", "llama-3-70b", sizesOf([80, 64, 8, 8192, 28_672], llama3)),
  decoder("Llama", "llama-3-405b", sizesOf([126, 128, 8, 16_384, 53_248], llama3)),
  decoder(
    "Mistral",
    "mistral-7b",
    sizesOf([32, 32, 8, 4096, 14_336], { context: 32_768, vocabulary: 32_000 }),
  ),
  decoder("Qwen", "qwen2.5-0.5b", sizesOf([24, 14, 2, 896, 4864], smallQwen25)),
  decoder("Qwen", "qwen3-0.6b", sizesOf([28, 16, 8, 1024, 3072], { ...qwen3, tied: true })),
  decoder("Qwen", "qwen2.5-1.5b", sizesOf([28, 12, 2, 1536, 8960], smallQwen25)),
  decoder("Qwen", "qwen2.5-7b", sizesOf([28, 28, 4, 3584, 18_944], qwen25)),
  decoder("Qwen", "qwen3-8b", sizesOf([36, 32, 8, 4096, 12_288], qwen3)),
  decoder("Qwen", "qwen2.5-32b", sizesOf([64, 40, 8, 5120, 27_648], qwen25)),
  decoder("Qwen", "qwen2.5-72b", sizesOf([80, 64, 8, 8192, 29_568], qwen25)),
  vitEntry("vit-b-16", [12, 12, 12, 768, 3072], 16),
  vitEntry("vit-l-16", [24, 16, 16, 1024, 4096], 16),
  vitEntry("vit-h-14", [32, 16, 16, 1280, 5120], 14),
  {
    ...{ name: "resnet-50", family: "ResNet" },
    build: () => resnetModel("resnet-50", { depths: [3, 4, 6, 3], image: 224, classes: 1000 }),
  },
  { name: "784-100-10", family: "MLP", build: () => mlpModel("784-100-10", [784, 100, 10]) },
];

/** What a perceptron's name looks like: its widths. */
const widths = /^\d+(-\d+)+$/;

/**
 * The model of this name; a perceptron's name is its widths, `784-100-10`.
 * @throws SteepestError `unknown-name`, with the nearest
 */
export function namedModel(name: string): MemoryModel {
  if (widths.test(name)) return mlpModel(name, name.split("-").map(Number));
  const found = namedModels.find((candidate) => candidate.name === name.toLowerCase());
  if (found !== undefined) return found.build();
  throw unknownName(
    "model",
    name,
    namedModels.map((candidate) => candidate.name),
  );
}
