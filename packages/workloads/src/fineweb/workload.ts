import { join } from "node:path";
import { type DataFiles, FileError, findDataFolder, usualSearch } from "@steepest/files";
import { openTokenFile, restoreTokeniser } from "@steepest/text";
import { type LanguageDataset, splitsAt } from "../language/dataset.js";
import { languageWorkload } from "../language/workload.js";

const file = "fineweb.tokens";

/** Nobody offers it as one of our token files: each user makes it. */
const finewebData: Pick<DataFiles, "title" | "folder"> = { title: "FineWeb", folder: "fineweb" };

/**
 * The user's token file of FineWeb, of which windows are read where they lie.
 * @throws FileError `unavailable` where there is none, with the command that makes it; SteepestError
 *   `malformed-file` where it is not whole
 */
export async function openFineweb(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LanguageDataset> {
  const data = { ...finewebData, files: [{ name: file, sha256: "" }], systemFolders: [], host: "" };
  const found = await findDataFolder(data, { ...usualSearch(data, environment), host: undefined });
  if (found.kind === "missing")
    throw new FileError(
      "unavailable",
      `FineWeb is ${found.reason.split(";")[0]}`,
      `Make ${file} with steepest tokenise train.txt validation.txt --tokeniser gpt2 --split files --out FOLDER/${file}, and set STEEPEST_DATA=FOLDER`,
    );
  const path = join(found.folder, file);
  const { header, tokens } = openTokenFile(path);
  const { tokeniser: name, symbols, splits, count } = header;
  return {
    tokeniser: await restoreTokeniser({ name, ...(symbols === undefined ? {} : { symbols }) }),
    ...{ tokens, splits: splitsAt(splits, count), source: `FineWeb, ${path}`, procedural: false },
  };
}

/** GPT-2's smallest model on FineWeb (Penedo et al. 2024, arXiv:2406.17557), the text of the NanoGPT speedrun. */
export const fineweb = languageWorkload({
  name: "fineweb",
  description: "FineWeb by GPT-2's byte pairs, from a token file of yours",
  targets: { gpt2: 3.28 },
  dataset: () => openFineweb(),
});
