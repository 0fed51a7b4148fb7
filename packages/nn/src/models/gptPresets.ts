import { unknownName } from "@steepest/optim";
import type { GptOptions } from "./gpt2.js";

/** Names of {@link gptPresets}. */
export type GptPresetName = "nanogpt-cpu" | "baby-gpt" | "gpt2" | "gpt2-medium" | "gpt2-large" | "gpt2-xl";

const released = (layers: number, heads: number, width: number): GptOptions => ({
  ...{ layers, heads, width },
  context: 1024,
  vocabulary: 50_257,
});

/**
 * The sizes of known models. `nanogpt-cpu` and `baby-gpt` are nanoGPT's for tiny Shakespeare's 65 characters
 * (804,096 and 10,745,088 parameters; config/train_shakespeare_char.py of karpathy/nanoGPT and its README);
 * the others are OpenAI's GPT-2 (124,439,808; 354,823,168; 774,030,080; 1,557,611,200 parameters). Parameters
 * are described, not allocated: `gpt2(gptPresets["gpt2-xl"])` takes no memory to speak of.
 */
export const gptPresets: Readonly<Record<GptPresetName, GptOptions>> = {
  "nanogpt-cpu": { layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, bias: false },
  "baby-gpt": {
    ...{ layers: 6, heads: 6, width: 384, context: 256, vocabulary: 65 },
    ...{ bias: false, dropout: 0.2 },
  },
  gpt2: released(12, 12, 768),
  "gpt2-medium": released(24, 16, 1024),
  "gpt2-large": released(36, 20, 1280),
  "gpt2-xl": released(48, 25, 1600),
};

/**
 * A preset by its name.
 * @throws SteepestError `unknown-name` with the nearest name
 */
export function findGptPreset(name: string): GptOptions {
  const found = Object.entries(gptPresets).find(([known]) => known === name);
  if (found === undefined) throw unknownName("GPT preset", name, Object.keys(gptPresets));
  return found[1];
}
