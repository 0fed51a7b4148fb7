import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, readTextIfPresent, writeFileAtomically, writeJsonAtomically } from "@steepest/files";
import { parseJson } from "@steepest/train";
import type { RaceResult } from "../run/race.js";
import { recordSchema, type SpeedrunRecord } from "./record.js";

/** The records that come with this package: a folder a track, in it one a submission. */
export const shippedRecords = fileURLToPath(new URL("../../records/", import.meta.url));

const recordFile = "record.json";

/** Writes a race's record and the logs of its runs into a submission's folder. */
export async function writeRecord(folder: string, { record, logs }: RaceResult): Promise<void> {
  await makeFolder(join(folder, "logs"));
  for (const [seed, log] of logs) await writeFileAtomically(join(folder, "logs", `seed_${seed}.txt`), log);
  await writeJsonAtomically(join(folder, recordFile), record);
}

/**
 * The records of a track in a folder of records, by the submission's name.
 * @throws SteepestError `malformed-file` that names the file and what is wrong in it
 */
export async function readRecords(root: string, track: string): Promise<readonly SpeedrunRecord[]> {
  const folder = join(root, track);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const records: SpeedrunRecord[] = [];
  for (const name of names) {
    const path = join(folder, name, recordFile);
    const text = await readTextIfPresent(path);
    if (text !== undefined) records.push(parseJson(text, recordSchema, path));
  }
  return records;
}
