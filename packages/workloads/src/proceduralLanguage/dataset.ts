import { leastLoss, type ProceduralLanguage, proceduralLanguage, tokensInMemory } from "@steepest/text";
import type { LanguageDataset } from "../language/dataset.js";

/** Language and text are the same for every run: a run's seed decides where it begins and what it reads. */
const SEED = 0;

let language: ProceduralLanguage | undefined;

/** So many words of the procedural language, splits apart. */
export function proceduralText(count: number): Omit<LanguageDataset, "splits" | "procedural"> {
  language ??= proceduralLanguage(SEED);
  const { tokeniser, entropies, write } = language;
  return {
    tokeniser,
    tokens: tokensInMemory(write(count, SEED)),
    source: "a procedural language, drawn by code",
    leastLoss: (context) => leastLoss(entropies, context),
  };
}
