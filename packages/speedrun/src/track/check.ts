import { SteepestError } from "@steepest/optim";
import type { CompletedRun } from "@steepest/train";
import { findWorkload } from "@steepest/workloads";
import type { Track } from "./track.js";

/**
 * Loads what a track is run on, before hours of it.
 * @returns what is to be said of the data, one line each
 * @throws SteepestError `state-mismatch` where it is not what the track says, `unknown-name` for a workload
 *   that is not there
 */
export async function checkWorkload(track: Track): Promise<readonly string[]> {
  const notices: string[] = [];
  const loaded = await findWorkload(track.workload).load({ notify: (line) => notices.push(line) });
  checkModel(track, { ...loaded, parameters: loaded.parameterCount, dataSource: loaded.source });
  if (loaded.language !== undefined) checkTokens(track, loaded.language.validationTokens);
  return notices;
}

/** @throws SteepestError `state-mismatch` for a run on another model or other data than the track's */
export function checkResult(track: Track, result: CompletedRun): void {
  checkModel(track, result);
  checkTokens(track, result.validation.count);
}

function checkTokens(track: Track, count: number): void {
  if (count !== track.target.tokens)
    throw mismatch(track, `its validation split has ${count} tokens, expected ${track.target.tokens}`);
}

function checkModel(
  track: Track,
  found: Pick<CompletedRun, "parameters" | "procedural" | "dataSource">,
): void {
  const { workload, model } = track;
  if (found.parameters !== model.parameters)
    throw mismatch(track, `${workload} has ${found.parameters} parameters, expected ${model.parameters}`);
  if (found.procedural) throw mismatch(track, `its data are not there, but ${found.dataSource}`);
}

const mismatch = ({ name }: Track, found: string): SteepestError =>
  new SteepestError(
    "state-mismatch",
    `track ${name}: ${found}`,
    "Give the track's own data, for example with STEEPEST_DATA=FOLDER, or name another track",
  );
