import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

/** Physical memory of this process. */
export interface ResidentMemory {
  /** Bytes that it holds now. */
  readonly bytes: number;
  /** The most that it has held since it began, or since {@link forgetPeak}. */
  readonly peakBytes: number;
}

/**
 * Physical memory of this process: `VmRSS` and `VmHWM` on Linux, elsewhere what Node says, whose peak
 * {@link forgetPeak} cannot reset. `VmHWM` begins anew with a program, where the portable peak would count what
 * the process that started it held before.
 */
export function residentMemory(): ResidentMemory {
  const status = ifReadable("/proc/self/status");
  const kibibytes = (field: string): number | undefined => {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
    return found === undefined ? undefined : 1024 * Number(found);
  };
  return {
    bytes: kibibytes("VmRSS") ?? process.memoryUsage.rss(),
    peakBytes: kibibytes("VmHWM") ?? 1024 * process.resourceUsage().maxRSS,
  };
}

/** Makes the peak what the process holds now, and says whether the system can do that: Linux can. */
export function forgetPeak(): boolean {
  try {
    // 5 resets VmHWM: proc_pid_clear_refs(5).
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

/** Bytes read at once of what is mapped. */
const piece = 2 ** 16;

/**
 * Maps every page of the program and its libraries, as if all of their code had run, and says how many bytes
 * these are: 0 where the system does not let a process read its own memory so. Linux counts a page of a file
 * as the process's once it is first used, though it is there once for all processes and given up when memory
 * is short: in training, code that runs for the first time would look like memory that training takes.
 */
export function mapPrograms(): number {
  const maps = ifReadable("/proc/self/maps");
  if (maps === undefined) return 0;
  const buffer = new Uint8Array(piece);
  let bytes = 0;
  try {
    const memory = openSync("/proc/self/mem", "r");
    try {
      // Start, end, permissions, offset, device, inode, path: proc_pid_maps(5).
      for (const [, start = "", end = ""] of maps.matchAll(/^(\w+)-(\w+) r\S* \S+ \S+ [1-9]\d* +\//gm)) {
        const last = Number.parseInt(end, 16);
        for (let at = Number.parseInt(start, 16); at < last; at += piece)
          bytes += readSync(memory, buffer, 0, Math.min(piece, last - at), at);
      }
    } finally {
      closeSync(memory);
    }
  } catch {
    // What could not be read counts when it is first used.
  }
  return bytes;
}

/** Looks at physical memory at most, and milliseconds between two. */
const [looks, pause] = [20, 20];

/** Collects JavaScript's garbage, where this process may ask for that. */
export const collectGarbage = (): void => globalThis.gc?.();

/**
 * Physical memory once garbage is collected. Arrays may be given back by other threads after the collection, so
 * it waits until nothing more falls.
 */
export async function settledMemory(): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) {
    collectGarbage();
    await setTimeout(pause);
    const { bytes } = residentMemory();
    if (bytes >= last) return last;
    last = bytes;
  }
  return last;
}

function ifReadable(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
