import { type GptPresetName, gptPresets } from "@steepest/nn";
import type { Budget, LoadOptions, Recipe, Workload } from "../workload.js";
import type { LanguageDataset } from "./dataset.js";
import { languageModel } from "./languageModel.js";
import { llmcRecipe, nanoGptRecipe } from "./recipes.js";

/** What is trained on a text, and how: nanoGPT's settings of one size. */
interface Preset {
  readonly gpt: GptPresetName;
  readonly description: string;
  readonly batchSize: number;
  readonly recipe: Recipe;
  readonly budget: Budget;
}

/** The sizes that nanoGPT trains on characters, on a CPU and on a GPU; GPT-2's smallest, for large machines. */
const presets = {
  "nanogpt-cpu": {
    gpt: "nanogpt-cpu",
    description: "4 layers of width 128, context 64, for a CPU",
    batchSize: 12,
    // nanoGPT counts iterations from 0 to 2000, and updates in each.
    recipe: nanoGptRecipe(2001),
    budget: { stepHint: 2000, steps: 3000, evaluateEvery: 125 },
  },
  "baby-gpt": {
    gpt: "baby-gpt",
    description: "6 layers of width 384, context 256, dropout 0.2",
    batchSize: 64,
    recipe: nanoGptRecipe(5001),
    budget: { stepHint: 5000, steps: 7500, evaluateEvery: 250 },
  },
  gpt2: {
    gpt: "gpt2",
    description: "GPT-2, 12 layers of width 768, context 1024",
    batchSize: 512,
    recipe: llmcRecipe,
    budget: { stepHint: 18_865, steps: 20_000, evaluateEvery: 250 },
  },
} as const satisfies Readonly<Record<string, Preset>>;

/** Names of the sizes. */
export type LanguagePresetName = keyof typeof presets;

/** A text with a target for each size. */
export interface LanguageFamily {
  readonly name: string;
  readonly description: string;
  /** Validation loss to be reached, in nats a token, by preset. The first one is the workload's own size. */
  readonly targets: Readonly<Partial<Record<LanguagePresetName, number>>>;
  dataset(options: LoadOptions): Promise<LanguageDataset>;
}

/**
 * A text as a workload under the first of its presets; the others are workloads of their own, named
 * `<name>-<preset>`.
 */
export function languageWorkload({ name, description, targets, dataset }: LanguageFamily): Workload {
  const sizes = (["nanogpt-cpu", "baby-gpt", "gpt2"] as const).flatMap((preset) => {
    const value = targets[preset];
    return value === undefined ? [] : [{ preset, value }];
  });
  const members = sizes.map(({ preset, value }, i): Workload => {
    const { gpt, description: size, batchSize, recipe, budget } = presets[preset];
    return {
      name: i === 0 ? name : `${name}-${preset}`,
      description: `${description}, by a GPT: ${size}`,
      ...{ preset, recipe, budget },
      learnsLanguage: true,
      defaults: { batchSize, epochs: 2 },
      target: { split: "validation", metric: "loss", direction: "min", value },
      load: async (options = {}) => languageModel(await dataset(options), gptPresets[gpt]),
    };
  });
  const [own, ...others] = members;
  if (own === undefined) throw new Error(`internal: the language workload ${name} has no preset`);
  return { ...own, presets: others };
}
