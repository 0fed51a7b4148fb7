import { type DataSearch, usualSearch } from "@steepest/files";
import { characterTokeniser, readShakespeare, shakespeareData, tokensInMemory } from "@steepest/text";
import { type LanguageDataset, nineTenths } from "../language/dataset.js";
import { languageWorkload } from "../language/workload.js";
import { proceduralText } from "../proceduralLanguage/dataset.js";

/** Characters of tiny Shakespeare, and tokens of what takes its place. */
const CHARACTERS = 1_115_394;

/**
 * Tiny Shakespeare by characters, split as nanoGPT does. Where it cannot be had, as many words of a
 * procedural language with as many different tokens, after one loud notice.
 * @throws SteepestError `malformed-file` where the file is there but is another text; FileError `unavailable`
 *   where STEEPEST_DATA names a folder without it
 */
export async function loadShakespeare(
  notify: (line: string) => void,
  search: DataSearch = usualSearch(shakespeareData),
): Promise<LanguageDataset> {
  const found = await readShakespeare(search);
  if (found.kind === "missing") {
    notify(
      `WARNING: this is NOT Shakespeare. It could not be had (${found.reason}). A procedural language takes its place; its ` +
        "figures compare only with each other. To get the real text: set STEEPEST_DATA to a folder with tinyshakespeare.txt",
    );
    const text = proceduralText(CHARACTERS);
    return {
      ...text,
      splits: nineTenths(CHARACTERS),
      source: `${text.source} (NOT Shakespeare)`,
      procedural: true,
    };
  }
  const tokeniser = characterTokeniser(found.text);
  const tokens = tokensInMemory(tokeniser.encode(found.text));
  return {
    ...{ tokeniser, tokens, splits: nineTenths(tokens.length) },
    ...{ source: `tiny Shakespeare, ${found.path}`, procedural: false },
  };
}

/** Tiny Shakespeare, a character at a time, with nanoGPT's models. */
export const shakespeare = languageWorkload({
  name: "shakespeare",
  description: "tiny Shakespeare, a character at a time",
  // The speedrun's target; nanoGPT's own for the larger model is 1.47.
  targets: { "nanogpt-cpu": 1.7, "baby-gpt": 1.48 },
  dataset: ({ notify = () => {} }) => loadShakespeare(notify),
});
