import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SteepestError } from "@steepest/optim";
import { runFiles } from "@steepest/train";
import type { LogLine } from "./log.js";

/**
 * The reports and evaluations of a run that its folder keeps.
 * @throws SteepestError `malformed-file` for a log without the columns that every run's has
 */
export async function readLogLines(folder: string): Promise<readonly LogLine[]> {
  const steps = await rows(join(folder, runFiles.measurements), ["global_step", "score"]);
  const evaluations = await rows(join(folder, runFiles.evaluations), [
    "global_step",
    "score",
    "validation/loss",
  ]);
  return [
    ...steps.map(([step = 0, seconds = 0]) => ({ kind: "step", step, seconds }) as const),
    ...evaluations.map(
      ([step = 0, seconds = 0, loss = 0]) => ({ kind: "evaluation", step, seconds, loss }) as const,
    ),
  ];
}

/** The cells of some columns of a CSV file, row by row. */
async function rows(path: string, columns: readonly string[]): Promise<readonly (readonly number[])[]> {
  const text = await readFile(path, "utf8");
  const [header = "", ...lines] = text.trimEnd().split("\n");
  const names = header.split(",");
  const places = columns.map((column) => names.indexOf(column));
  const missing = columns.filter((_, index) => places[index] === -1);
  const cells = lines.map((line) => line.split(","));
  const values = cells.map((row) => places.map((place) => Number(row[place])));
  if (missing.length === 0 && values.flat().every(Number.isFinite)) return values;
  throw new SteepestError(
    "malformed-file",
    `${path} ${missing.length === 0 ? "has cells that are no numbers" : `has no column ${missing.join(", ")}`}`,
    "Restore the file, or remove its folder so that the run is made again",
  );
}
