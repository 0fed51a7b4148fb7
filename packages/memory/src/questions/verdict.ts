import type { MemoryPlan } from "../plan/plan.js";
import type { MemoryChange } from "./changes.js";

/** Whether a run fits on its device. */
export type FitVerdict =
  /** Even at the upper end of every range. */
  | { readonly kind: "fits"; readonly spareBytes: number }
  /** As expected, but not at the upper ends. */
  | { readonly kind: "tight"; readonly spareBytes: number; readonly highBytes: number }
  | {
      readonly kind: "short";
      readonly shortBytes: number;
      /** The cheapest change that is enough; else the one that frees most. */
      readonly remedy: MemoryChange | undefined;
    };

/** Judges a plan for a device; undefined where there is none. */
export function fitVerdict(plan: MemoryPlan, changes: readonly MemoryChange[]): FitVerdict | undefined {
  const { totalBytes, high, settings } = plan;
  if (settings.device === undefined) return undefined;
  const spareBytes = settings.device - totalBytes;
  if (spareBytes < 0) return { kind: "short", shortBytes: -spareBytes, remedy: remedyOf(changes) };
  return high <= settings.device
    ? { kind: "fits", spareBytes }
    : { kind: "tight", spareBytes, highBytes: high };
}

const remedyOf = (changes: readonly MemoryChange[]): MemoryChange | undefined =>
  changes.filter(({ fits }) => fits === true).sort((a, b) => a.cost - b.cost)[0] ?? changes[0];
