import { join } from "node:path";
import { type FolderHold, readTextIfPresent } from "@steepest/files";
import { residentMemory } from "@steepest/memory";
import { parseJson } from "@steepest/train";
import { z } from "zod";
import { trialFiles } from "./layout.js";

const peakMemorySchema = z.strictObject({
  /** Most bytes of physical memory that the process of the trial, or of the rest of it, has held meanwhile. */
  peakResidentBytes: z.int().min(0),
});

/**
 * The peak memory that a trial's folder records; undefined where the trial is not complete.
 * @throws SteepestError `malformed-file` for a damaged file
 */
export async function readPeakMemory(folder: string): Promise<number | undefined> {
  const path = join(folder, trialFiles.memory);
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseJson(text, peakMemorySchema, path).peakResidentBytes;
}

/** Records the peak memory of this process since it last forgot it. */
export const recordPeakMemory = (hold: FolderHold): Promise<void> =>
  hold.writeJson(trialFiles.memory, { peakResidentBytes: residentMemory().peakBytes });
