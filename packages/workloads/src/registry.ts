import { SteepestError, unknownName } from "@steepest/optim";
import { fashionMnist } from "./fashionMnist/workload.js";
import { fineweb } from "./fineweb/workload.js";
import { leastSquaresWorkload } from "./leastSquares/workload.js";
import { proceduralLanguageWorkload } from "./proceduralLanguage/workload.js";
import { shakespeare } from "./shakespeare/workload.js";
import { sparseLogistic } from "./sparseLogistic/workload.js";
import type { Workload } from "./workload.js";

/** Every workload but held-out variants and presets: a new one is a folder of its own and one line here. */
export const workloads: readonly Workload[] = [
  fashionMnist,
  sparseLogistic,
  leastSquaresWorkload,
  shakespeare,
  proceduralLanguageWorkload,
  fineweb,
];

/**
 * The workload of a name, held-out variants and presets included.
 * @throws SteepestError `unknown-name` with the nearest name.
 */
export function findWorkload(name: string): Workload {
  const all = workloads.flatMap((workload) => [
    workload,
    ...(workload.heldOut ?? []),
    ...(workload.presets ?? []),
  ]);
  const found = all.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw unknownName(
    "workload",
    name,
    all.map((workload) => workload.name),
  );
}

/**
 * The preset of this name among the sizes of a workload.
 * @throws SteepestError `unknown-name` with the nearest name, `invalid-value` where the workload has no presets
 */
export function findPreset(workload: Workload, name: string): Workload {
  const sizes = [workload, ...(workload.presets ?? [])];
  const found = sizes.find(({ preset }) => preset === name);
  if (found !== undefined) return found;
  const names = sizes.flatMap(({ preset }) => (preset === undefined ? [] : [preset]));
  if (names.length > 0) throw unknownName(`preset of ${workload.name}`, name, names);
  throw new SteepestError(
    "invalid-value",
    `${workload.name} has no presets, found "${name}"`,
    `Leave the preset out; ${workloads
      .filter(({ presets }) => presets !== undefined)
      .map((each) => each.name)
      .join(" and ")} have some`,
  );
}
