import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FolderHold, readTextIfPresent } from "@steepest/files";
import { parseJson } from "@steepest/train";
import { z } from "zod";
import { trialFiles } from "./layout.js";

const peakMemorySchema = z.strictObject({
  /** Most bytes of physical memory that a process of the trial has held. */
  peakResidentBytes: z.int().min(0),
});

/**
 * Most bytes of physical memory that this process has held. Linux's `VmHWM` begins anew with a program;
 * the portable figure would count what the process that started it held before.
 */
export async function peakResidentBytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}

/**
 * The peak memory that a trial's folder records; undefined where the trial is not complete.
 * @throws SteepestError `malformed-file` for a damaged file
 */
export async function readPeakMemory(folder: string): Promise<number | undefined> {
  const path = join(folder, trialFiles.memory);
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseJson(text, peakMemorySchema, path).peakResidentBytes;
}

/** Records the peak memory of this process, which has carried out the trial or the rest of it. */
export const recordPeakMemory = async (hold: FolderHold): Promise<void> =>
  hold.writeJson(trialFiles.memory, { peakResidentBytes: await peakResidentBytes() });
