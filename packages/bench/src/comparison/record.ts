import { join } from "node:path";
import { readTextIfPresent } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { type CompletedRun, runFiles } from "@steepest/train";
import { readFailure, readOutcome, type TrialFailure } from "../trial/trial.js";

/** One evaluation of a trial. */
export interface CurvePoint {
  readonly step: number;
  /** CPU seconds of training until then. */
  readonly cpuSeconds: number;
  readonly loss: number;
  /** Of classifiers. */
  readonly accuracy?: number;
}

/** What a trial left: its result or the reason why there is none, and its evaluations so far. */
export interface TrialFindings {
  readonly outcome: { readonly kind: "completed"; readonly result: CompletedRun } | TrialFailure;
  readonly curve: readonly CurvePoint[];
}

/** The findings of a trial and its indices in the plan. */
export interface TrialRecord extends TrialFindings {
  readonly submission: number;
  readonly point: number;
  readonly seed: number;
}

/**
 * Reads what a trial's folder holds.
 * @throws SteepestError `malformed-file` where it holds neither result nor failure, or a log without the
 *   columns that are read
 */
export async function readTrialRecord(folder: string): Promise<TrialFindings> {
  const outcome = (await readOutcome(folder)) ?? (await readFailure(folder));
  if (outcome === undefined || outcome.kind === "interrupted") {
    throw new SteepestError(
      "malformed-file",
      `${folder} holds no complete trial`,
      "Run the comparison again in its folder",
    );
  }
  return { outcome, curve: await readCurve(join(folder, runFiles.evaluations)) };
}

async function readCurve(path: string): Promise<readonly CurvePoint[]> {
  const text = await readTextIfPresent(path);
  // A trial that failed before its first evaluation has no log.
  if (text === undefined) return [];
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const columns = header.split(",");
  const column = (name: string) => {
    const index = columns.indexOf(name);
    if (index < 0) {
      throw new SteepestError(
        "malformed-file",
        `${path} has no column ${name}`,
        "Delete the trial's folder and run it again",
      );
    }
    return index;
  };
  const [step, cpuSeconds, loss] = [
    column("global_step"),
    column("accumulated_cpu_time"),
    column("validation/loss"),
  ];
  const accuracy = columns.indexOf("validation/accuracy");
  return rows.map((row) => {
    const cells = row.split(",");
    const at = (index: number) => Number(cells[index] || "NaN");
    return {
      ...{ step: at(step), cpuSeconds: at(cpuSeconds), loss: at(loss) },
      ...(accuracy < 0 ? {} : { accuracy: at(accuracy) }),
    };
  });
}
