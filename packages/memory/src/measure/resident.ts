import { readFileSync, writeFileSync } from "node:fs";

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

function ifReadable(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
