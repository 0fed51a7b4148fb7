import { join } from "node:path";
import { readIfPresent } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { findWorkload, type LoadedWorkload, type Workload } from "@steepest/workloads";
import type { RunConfiguration } from "../configuration/configuration.js";
import { float32Tensor } from "../loop/session.js";
import { decodeCheckpoint } from "./checkpoint.js";
import { inspectRun, runFiles } from "./folder.js";

/** What a run has learnt so far. */
export interface TrainedRun {
  readonly configuration: RunConfiguration;
  readonly loaded: LoadedWorkload;
  /** Updates made. */
  readonly step: number;
  /** The weights to evaluate with, as the last checkpoint has them. @throws SteepestError `state-mismatch` */
  parameter(name: string): Float32Array;
}

/**
 * Reads the weights of a run's last checkpoint, with the workload that they are for.
 * @throws SteepestError `invalid-value` where the folder holds no run, or one without a checkpoint;
 *   `malformed-file` for damaged files; `state-mismatch` where the data are not those of the run
 */
export async function openTrained(
  folder: string,
  options: { readonly workload?: Workload; readonly notify?: (line: string) => void } = {},
): Promise<TrainedRun> {
  const status = await inspectRun(folder);
  if (status.kind === "absent")
    throw new SteepestError(
      "invalid-value",
      `there is no run in ${JSON.stringify(folder)}: ${runFiles.configuration} is missing`,
      "Give the folder of a run that steepest train has made",
    );
  const path = join(folder, runFiles.checkpoint);
  const bytes = await readIfPresent(path);
  if (bytes === undefined)
    throw new SteepestError(
      "invalid-value",
      `there are no weights in ${JSON.stringify(folder)}: ${runFiles.checkpoint} is missing`,
      status.kind === "complete"
        ? "Trials of benches and comparisons keep none: train it with steepest train, which does"
        : "Resume it to its first checkpoint",
    );
  const { configuration } = status;
  const { parameters, evaluation, progress } = decodeCheckpoint(bytes, path);
  const { workload = findWorkload(configuration.workload), notify = () => {} } = options;
  const loaded = await workload.load({ notify });
  if (loaded.procedural !== configuration.procedural)
    throw new SteepestError(
      "state-mismatch",
      `the run in ${JSON.stringify(folder)} was trained on ${configuration.dataSource}, but the data found now are ${loaded.source}`,
      "Make the data of the run available again, for example with STEEPEST_DATA=FOLDER",
    );
  const weights = new Map(
    loaded.parameters.map((spec) => [
      spec.name,
      float32Tensor(spec, evaluation.get(spec.name) ?? parameters.get(spec.name)),
    ]),
  );
  return {
    ...{ configuration, loaded, step: progress.step },
    parameter(name) {
      const found = weights.get(name);
      if (found !== undefined) return found;
      throw new SteepestError(
        "state-mismatch",
        `the run in ${JSON.stringify(folder)} has no parameter "${name}"`,
        `It has ${[...weights.keys()].join(", ")}`,
      );
    },
  };
}
