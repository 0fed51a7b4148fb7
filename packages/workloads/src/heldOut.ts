import { randomStream } from "@steepest/random";
import { measuredTarget } from "./targets/measuredTarget.js";
import type { Budget, LoadedWorkload, LoadOptions, Metric, Workload } from "./workload.js";

/** A workload together with the ways in which its held-out variants differ from it. */
export interface WorkloadFamily<Setting> {
  readonly name: string;
  readonly description: string;
  readonly defaults: Workload["defaults"];
  /** What the targets are in; their values are those that were measured. */
  readonly metric: Metric;
  /** Of every member: variants are as much work as their base. */
  readonly budget: Budget;
  /** What the base is loaded with. */
  readonly setting: Setting;
  /** What each variant changes: for people, and for `load`. */
  readonly heldOut: Readonly<
    Record<string, { readonly difference: string; readonly setting: Partial<Setting> }>
  >;
  load(setting: Setting, options: LoadOptions): Promise<LoadedWorkload>;
}

/** The base of a family; each of its variants is named `<base>_<variant>`, as AlgoPerf names them. */
export function baseOf<Setting>(family: WorkloadFamily<Setting>): Workload {
  const member = (name: string, description: string, setting: Setting): Workload => ({
    ...{ name, description, defaults: family.defaults, budget: family.budget },
    target: measuredTarget(name, family.metric),
    load: (options = {}) => family.load(setting, options),
  });
  const { name: base, description, setting } = family;
  return {
    ...member(base, description, setting),
    heldOut: Object.entries(family.heldOut).map(([variant, { difference, setting: changed }]) => ({
      ...member(`${base}_${variant}`, `${description}; held out: ${difference}`, { ...setting, ...changed }),
      base,
    })),
  };
}

/**
 * The variant of a workload that a benchmark's seed draws, each with the same probability; undefined where
 * the workload has none.
 */
export function drawHeldOut({ name, heldOut = [] }: Workload, seed: number): Workload | undefined {
  return heldOut.length === 0
    ? undefined
    : heldOut[randomStream(seed, "held-out variant", name).integer(heldOut.length)];
}
