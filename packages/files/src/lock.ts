import { type FileHandle, open, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { removeUnfinished, writeFileAtomically } from "./atomic.js";
import { FileError } from "./errors.js";
import { makeFolder } from "./folder.js";
import { type FolderClaim, type FolderHold, holdOf } from "./hold.js";

/**
 * The file that marks a folder as in use. It holds the number of the process, where that is to be found and,
 * where the system tells it, when it began.
 */
export const lockFile = ".steepest.lock";

/** How long a lock is waited for, in milliseconds: a process that was told to end may still be saving. */
const patience = 2000;
const pollingPeriod = 50;
/** Between two signs of life of a holder, in milliseconds: the time of the lock's last change is renewed. */
const renewalPeriod = 5000;

/** How {@link lockFolder} waits. */
export interface LockOptions {
  /**
   * After how many seconds without a sign of life a process on another machine counts as gone; 60 by
   * default. Living ones give a sign every 5.
   */
  readonly silence?: number;
}

/**
 * Takes a folder for this process alone, and makes it where it is missing. The lock of a process that is
 * gone, killed or with its machine, does not count, and files that it had half written go. Other machines may
 * share the folder: their processes cannot be looked up, so these are told by their signs of life, whatever
 * the machines' clocks say.
 *
 * @returns what the folder is written to with, and given back
 * @throws FileError `in-use` where another process has it and keeps it for two seconds, with that process'
 *   number
 */
export async function lockFolder(folder: string, { silence = 60 }: LockOptions = {}): Promise<FolderHold> {
  await makeFolder(folder);
  const path = join(folder, lockFile);
  const { pid } = process;
  const place = await thisPlace();
  const mine = JSON.stringify({ pid, host: hostname(), place, began: await beginningOf(pid) });
  const start = performance.now();
  let watched: { readonly sign: string; readonly since: number; readonly changed: boolean } | undefined;
  for (;;) {
    if (await wroteNew(path, mine)) return holdOf(folder, claimOf(path, mine));
    const found = await lockAt(path);
    if (found === undefined) continue;
    const now = performance.now();
    const waited = now - start;
    const sign = `${found.renewed} ${found.text}`;
    if (watched?.sign !== sign) watched = { sign, since: now, changed: watched !== undefined };
    const { holder } = found;
    const isHere = holder !== undefined && isAt(holder, place);
    // A lock without its text is being written at this moment, or was when its process died.
    const isLeft =
      holder === undefined
        ? waited >= patience / 2
        : isHere
          ? !(await isRunning(holder))
          : now - watched.since >= silence * 1000;
    const takeover = isLeft ? await takeOver(path, found, mine) : undefined;
    if (takeover === "done") {
      const claim = claimOf(path, mine);
      // What its last holder was about to rename cannot take a file's name any more, should it go on.
      await removeUnfinished(folder);
      return holdOf(folder, claim);
    }
    if (takeover === "too late") continue;
    const isKnown = holder === undefined || isHere || watched.changed || isLeft;
    if (waited >= patience && isKnown) {
      const elsewhere = isHere || holder?.host === undefined ? "" : ` on ${holder.host}`;
      throw new FileError(
        "in-use",
        `${JSON.stringify(folder)} is in use by process ${holder?.pid ?? "unknown"}${elsewhere}`,
        isLeft
          ? `That process is gone, but another was about to take the folder over: if none is, remove ${guardOf(path)}`
          : `Wait until that process ends or stop it${holder === undefined ? "" : ` (kill ${holder.pid}${elsewhere})`}, or choose another folder`,
      );
    }
    await wait(pollingPeriod);
  }
}

/** Who holds a folder. */
export interface FolderHolder {
  readonly pid: number;
  /** The name of its machine, where it is known. */
  readonly host: string | undefined;
  /** Whether it is a running process that this one can see: one on another machine may be gone. */
  readonly isHere: boolean;
}

/** Who holds a folder; undefined where nobody does, or one who is known to be gone. */
export async function folderHolder(folder: string): Promise<FolderHolder | undefined> {
  const holder = (await lockAt(join(folder, lockFile)))?.holder;
  if (holder === undefined) return undefined;
  const isHere = isAt(holder, await thisPlace());
  return isHere && !(await isRunning(holder)) ? undefined : { pid: holder.pid, host: holder.host, isHere };
}

interface Holder {
  readonly pid: number;
  readonly host: string | undefined;
  readonly place: string | undefined;
  readonly began: string | undefined;
}

/**
 * Gives signs of life until the lock is given back. A process that was held up for longer than others wait may
 * find another's lock in place of its own, which stays.
 */
function claimOf(path: string, mine: string): FolderClaim {
  const renewing = setInterval(() => {
    // A disk that is away for a moment is no reason to end: the next sign may arrive.
    renew(path, mine).catch(() => undefined);
  }, renewalPeriod).unref();
  return {
    async confirm() {
      const found = await lockAt(path);
      if (found?.text !== mine) throw takenOver(path, found?.holder);
    },
    async release() {
      clearInterval(renewing);
      if ((await lockAt(path))?.text === mine) await rm(path, { force: true });
    },
  };
}

/** Renews the time of a lock's last change where it is this process' own; another's stays as it is. */
async function renew(path: string, mine: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    const now = new Date();
    if ((await handle.readFile("utf8")) === mine) await handle.utimes(now, now);
  } finally {
    await handle.close();
  }
}

const takenOver = (path: string, by: Holder | undefined): FileError =>
  new FileError(
    "in-use",
    `${JSON.stringify(dirname(path))} was taken over${
      by === undefined ? "" : ` by process ${by.pid}${by.host === undefined ? "" : ` on ${by.host}`}`
    } while this process gave no sign of life, as one that is paused does; it writes nothing there any more`,
    "Let the other end; the same command then goes on from what it leaves",
  );

interface FoundLock {
  readonly text: string;
  /** The time of the last sign of life, on whatever clock. */
  readonly renewed: number;
  readonly holder: Holder | undefined;
}

/** A lock, opened anew: only then do file systems of several machines show what is new. */
async function lockAt(path: string): Promise<FoundLock | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { mtimeMs } = await handle.stat();
    const text = await handle.readFile("utf8");
    return { text, renewed: mtimeMs, holder: holderOf(text) };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESTALE"))
      return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
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
    const { pid } = value;
    const stringOf = (name: string): string | undefined => {
      const found: unknown = Reflect.get(value, name);
      return typeof found === "string" ? found : undefined;
    };
    return { pid, host: stringOf("host"), place: stringOf("place"), began: stringOf("began") };
  } catch {
    return undefined;
  }
}

/**
 * Where a process is to be found by its number: on Linux a start of the machine and a space of numbers, which
 * containers have of their own; elsewhere the machine's name.
 */
async function thisPlace(): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${boot.trim()} ${await readlink("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

const isAt = ({ place: its }: Holder, place: string): boolean => its === undefined || its === place;

async function isRunning({ pid, began }: Holder): Promise<boolean> {
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
 * What tells a process from a later one with the same number: on Linux its start after that of the machine,
 * or `ended` for one that waits for its parent to notice; elsewhere unknown.
 */
async function beginningOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // proc(5): after the program's name, in brackets, come the state (field 3) and further on the start
    // (field 22).
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "ended" : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Puts this process' lock in place of one that was left behind, in one step: only who holds the second file
 * may look at the first again and replace it, so that nobody's new lock goes with it.
 *
 * @returns `busy` where another process holds the second file, `too late` where the lock is no longer the one
 *   that was left
 */
async function takeOver(path: string, left: FoundLock, mine: string): Promise<"done" | "busy" | "too late"> {
  const guard = guardOf(path);
  if (!(await wroteNew(guard, ""))) return "busy";
  try {
    const now = await lockAt(path);
    if (now?.text !== left.text || now.renewed !== left.renewed) return "too late";
    await writeFileAtomically(path, mine, { sync: false });
    return "done";
  } finally {
    await rm(guard, { force: true });
  }
}

const guardOf = (path: string): string => `${path}.takeover`;
