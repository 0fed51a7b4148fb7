import { unknownName } from "@steepest/optim";
import { fashionMnist } from "./fashionMnist/workload.js";
import { leastSquaresWorkload } from "./leastSquares/workload.js";
import { sparseLogistic } from "./sparseLogistic/workload.js";
import type { Workload } from "./workload.js";

/** Every workload but held-out variants: a new one is a folder of its own and one line here. */
export const workloads: readonly Workload[] = [fashionMnist, sparseLogistic, leastSquaresWorkload];

/**
 * The workload of a name, held-out variants included.
 * @throws SteepestError `unknown-name` with the nearest name.
 */
export function findWorkload(name: string): Workload {
  const all = workloads.flatMap((workload) => [workload, ...(workload.heldOut ?? [])]);
  const found = all.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  throw unknownName(
    "workload",
    name,
    all.map((workload) => workload.name),
  );
}
