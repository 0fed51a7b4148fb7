import { unknownName } from "@steepest/optim";
import { fashionMnist } from "./fashionMnist/workload.js";
import type { Workload } from "./workload.js";

/** Every workload: a new one is a folder of its own and one line here. */
export const workloads: readonly Workload[] = [fashionMnist];

/**
 * The workload of a name.
 * @throws SteepestError `unknown-name` with the nearest name.
 */
export function findWorkload(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  const names = workloads.map((workload) => workload.name);
  throw unknownName("workload", name, names);
}
