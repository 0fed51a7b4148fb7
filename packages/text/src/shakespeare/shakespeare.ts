import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataFiles, type DataSearch, findDataFolder, sha256Of, usualSearch } from "@steepest/files";
import { SteepestError } from "@steepest/optim";

const file = {
  name: "tinyshakespeare.txt",
  remoteName: "input.txt",
  sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
} as const;

/**
 * Tiny Shakespeare, the text of nanoGPT's first example: 1,115,394 characters, 65 different ones.
 *
 * Source: Karpathy, char-rnn, 2015, https://github.com/karpathy/char-rnn.
 */
export const shakespeareData: DataFiles = {
  title: "tiny Shakespeare",
  folder: "tinyshakespeare",
  files: [file],
  systemFolders: [],
  host: "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare",
};

/** The text and where it was found, or why it could not be had. */
export type FoundText =
  | { readonly kind: "found"; readonly text: string; readonly path: string }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * Tiny Shakespeare from `$STEEPEST_DATA`, the cache, or a download.
 * @throws FileError `unavailable` where STEEPEST_DATA names a folder without it; SteepestError
 *   `malformed-file` where the file is there but is another text
 */
export async function readShakespeare(search: DataSearch = usualSearch(shakespeareData)): Promise<FoundText> {
  const found = await findDataFolder(shakespeareData, search);
  if (found.kind === "missing") return found;
  const path = join(found.folder, file.name);
  const bytes = await readFile(path);
  const sha256 = sha256Of(bytes);
  if (sha256 !== file.sha256)
    throw new SteepestError(
      "malformed-file",
      `${path} is not tiny Shakespeare: its SHA-256 is ${sha256}, expected ${file.sha256}`,
      "Put the file of karpathy/char-rnn there, or remove it to get a copy",
    );
  return { kind: "found", text: new TextDecoder().decode(bytes), path };
}
