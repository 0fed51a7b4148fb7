import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { FileError } from "./errors.js";
import { makeFolder } from "./folder.js";
import { readTextIfPresent } from "./read.js";

/**
 * The file that marks a folder as in use; it holds the number of the process and, where the system tells it,
 * when that began.
 */
export const lockFile = ".steepest.lock";

/** How long a lock is waited for, in milliseconds: a process that was told to end may still be saving. */
const patience = 2000;
const pollingPeriod = 50;

/**
 * Takes a folder for this process alone, and makes it where it is missing. The lock of a process that is
 * gone, killed or with its machine, does not count. Processes on other machines are not seen.
 *
 * @returns the function that gives the folder back
 * @throws FileError `in-use` where another process has it and keeps it for two seconds, with that process'
 *   number
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makeFolder(folder);
  const path = join(folder, lockFile);
  const mine = JSON.stringify({ pid: process.pid, began: await beginningOf(process.pid) });
  for (let waited = 0; ; waited += pollingPeriod) {
    if (await wroteNew(path, mine)) return () => rm(path, { force: true });
    const found = await readTextIfPresent(path);
    if (found === undefined) continue;
    const holder = holderOf(found);
    // A lock without its text is being written at this moment, or was when its process died.
    const isLeft = holder === undefined ? waited >= patience / 2 : !(await isHeld(holder));
    if (isLeft && (await removeLeft(path, found))) continue;
    if (waited >= patience)
      throw new FileError(
        "in-use",
        `${JSON.stringify(folder)} is in use by process ${holder?.pid ?? "unknown"}`,
        isLeft
          ? `That process is gone, but another was about to take the folder over: if none is, remove ${guardOf(path)}`
          : `Wait until that process ends or stop it${holder === undefined ? "" : ` (kill ${holder.pid})`}, or choose another folder`,
      );
    await wait(pollingPeriod);
  }
}

interface Holder {
  readonly pid: number;
  readonly began: string | undefined;
}

/** Whether the file was not there and is now. */
async function wroteNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number")
      return undefined;
    const began = "began" in value && typeof value.began === "string" ? value.began : undefined;
    return { pid: value.pid, began };
  } catch {
    return undefined;
  }
}

async function isHeld({ pid, began }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be signalled, but is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const now = await beginningOf(pid);
  return began === undefined || now === undefined || now === began;
}

/**
 * What tells a process from a later one with the same number: on Linux the machine's start and the process'
 * start after it, or `ended` for one that waits for its parent to notice; elsewhere unknown.
 */
async function beginningOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // proc(5): after the program's name, in brackets, come the state (field 3) and further on the start
    // (field 22).
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "ended" : `${boot.trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/**
 * Removes a lock that was left behind, unless another process does so at this moment: only who holds the
 * second file may look at the first again and remove it, so that nobody's new lock goes with it.
 */
async function removeLeft(path: string, text: string): Promise<boolean> {
  const guard = guardOf(path);
  if (!(await wroteNew(guard, ""))) return false;
  try {
    if ((await readTextIfPresent(path)) === text) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
  return true;
}

const guardOf = (path: string): string => `${path}.takeover`;
