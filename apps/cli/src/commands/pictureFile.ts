import { open } from "node:fs/promises";
import { writeFileAtomically } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { generatorReach, isGenerated } from "@steepest/report";

/** What the system says, without the names of the call and of a temporary file. */
const reason = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/, \w+ '.*$/s, "") : String(error);

const unwritable = (path: string, error: unknown): SteepestError =>
  new SteepestError(
    "unavailable",
    `cannot write ${path} (${reason(error)})`,
    "Name a file in a folder that you may write to with --out",
    { cause: error },
  );

/** The first bytes of a file; empty where there is none. */
async function startOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(generatorReach), 0, generatorReach, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return new Uint8Array();
    throw unwritable(path, error);
  }
}

/**
 * Makes sure that writing a picture would replace nothing but an earlier picture of ours (or an empty file).
 * @throws SteepestError `misuse` where the file holds something else, `unavailable` where it cannot be read
 */
export async function checkReplaceable(path: string): Promise<void> {
  const start = await startOf(path);
  if (start.length === 0 || isGenerated(start)) return;
  throw new SteepestError(
    "misuse",
    `${path} exists and is no page or picture of Steepest`,
    "Name another file with --out, or add --force to replace it",
  );
}

/**
 * Writes a page or picture.
 * @throws SteepestError `unavailable` where the file cannot be written
 */
export async function writePicture(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(path, content);
  } catch (error) {
    throw unwritable(path, error);
  }
}
