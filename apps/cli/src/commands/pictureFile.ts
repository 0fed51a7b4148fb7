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

/** What a command writes, and may therefore replace. */
export interface FileKind {
  /** As in "is no …". */
  readonly name: string;
  /** Whether a file that begins so is one. */
  readonly isOurs: (start: Uint8Array) => boolean;
  /** What to do where another file has the name. */
  readonly fix: string;
}

const picture: FileKind = {
  name: "page or picture of Steepest",
  isOurs: isGenerated,
  fix: "Name another file with --out, or add --force to replace it",
};

/**
 * Makes sure that writing a file would replace nothing but an earlier one of its kind (or an empty file).
 * @throws SteepestError `misuse` where the file holds something else, `unavailable` where it cannot be read
 */
export async function checkReplaceable(
  path: string,
  { name, isOurs, fix }: FileKind = picture,
): Promise<void> {
  const start = await startOf(path);
  if (start.length === 0 || isOurs(start)) return;
  throw new SteepestError("misuse", `${path} exists and is no ${name}`, fix);
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
