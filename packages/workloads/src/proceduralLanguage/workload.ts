import { languageWorkload } from "../language/workload.js";
import { splitsOf } from "../linear/linearWorkload.js";
import { proceduralText } from "./dataset.js";

const sizes = { train: 1_000_000, validation: 50_000, test: 50_000 };

/**
 * A language that is drawn by code and of which the entropy is known: the next word depends on the word
 * before it and on the one three before it, words follow Zipf's law. No data are needed.
 */
export const proceduralLanguageWorkload = languageWorkload({
  name: "procedural-language",
  description: "a language drawn by code, of known entropy, a word at a time",
  targets: { "nanogpt-cpu": 2.2 },
  dataset: async () => ({
    ...proceduralText(sizes.train + sizes.validation + sizes.test),
    splits: splitsOf(sizes),
    // Nothing real is replaced: this is what the workload is.
    procedural: false,
  }),
});
