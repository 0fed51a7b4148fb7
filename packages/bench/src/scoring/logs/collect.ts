import { SteepestError } from "@steepest/optim";
import { budgetOf, type Ruleset, type Tuning } from "../rules/ruleset.js";
import { type LogPlace, measurementsFile, placeOf } from "./layout.js";
import { createMeasurementsReader, type Measurements, type Remark } from "./measurements.js";
import { naturalOrder } from "./naturalOrder.js";
import type { LogSource } from "./read.js";

/** The log of one trial. */
export interface TrialLog extends LogPlace, Measurements {
  /** Its path in the folder or archive. */
  readonly path: string;
}

/** Something about a file of the logs. */
export interface FileRemark extends Remark {
  readonly path: string;
}

/** All that was found in a folder or archive. */
export interface CollectedLogs {
  readonly tuning: Tuning;
  /** In the order of their paths. */
  readonly trials: readonly TrialLog[];
  /** What cannot be right: damaged, refused or doubled files. */
  readonly damage: readonly FileRemark[];
  /** What is unusual and harmless. */
  readonly remarks: readonly FileRemark[];
  /** Workloads in the logs that the rules do not know, with the number of their logs. */
  readonly unknown: ReadonlyMap<string, number>;
}

const tuningOf: Readonly<Record<string, Tuning>> = { external_tuning: "external", self_tuning: "self" };

/** The tuning that a path names by one of its folders. */
const tuningIn = ({ above }: LogPlace): Tuning | undefined =>
  above.map((folder) => tuningOf[folder]).find((tuning) => tuning !== undefined);

/**
 * Reads the logs of a source against the targets of a ruleset.
 *
 * @param tuning which logs to take; found from the folders `external_tuning` and `self_tuning` where
 *   undefined, else external
 * @throws SteepestError `invalid-value` where there are both, or no log at all
 */
export async function collectLogs(
  source: LogSource,
  ruleset: Ruleset,
  tuning?: Tuning,
): Promise<CollectedLogs> {
  const targets = new Map(ruleset.workloads.map((workload) => [workload.name, workload]));
  const trials: TrialLog[] = [];
  const damage: FileRemark[] = [];
  const remarks: FileRemark[] = [];
  const unknown = new Map<string, number>();
  const seen = new Set<string>();
  const tunings = new Set<Tuning>();

  await source.visit({
    refused: (path, text) => damage.push({ path, text }),
    file(path) {
      if (path !== measurementsFile && !path.endsWith(`/${measurementsFile}`)) return undefined;
      const place = placeOf(path, source.name);
      if (place === undefined) {
        remarks.push({
          path,
          text: "lies outside <submission>/study_<i>/<workload>_<framework>/trial_<j>; ignored",
        });
        return undefined;
      }
      const named = tuningIn(place);
      if (tuning !== undefined && named !== undefined && named !== tuning) return undefined;
      if (named !== undefined) tunings.add(named);
      const target = targets.get(place.workload);
      if (target === undefined) {
        unknown.set(place.workload, (unknown.get(place.workload) ?? 0) + 1);
        return undefined;
      }
      const key = [place.submission, place.study, place.folder, place.trial].join("/");
      if (seen.has(key)) {
        damage.push({ path, text: `${key} is there twice; the first is taken` });
        return undefined;
      }
      seen.add(key);
      const budget = budgetOf(target, ruleset, tuning ?? named ?? "external");
      return createMeasurementsReader(target, budget, (measurements) => {
        trials.push({ path, ...place, ...measurements });
        damage.push(...measurements.damage.map((remark) => ({ path, ...remark })));
        remarks.push(...measurements.remarks.map((remark) => ({ path, ...remark })));
      });
    },
  });
  if (tunings.size > 1)
    throw new SteepestError(
      "invalid-value",
      "the logs hold submissions of both external and self-tuning, which are not scored together",
      "Choose with --tuning external or --tuning self",
    );
  const byPath = (a: FileRemark, b: FileRemark): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  return {
    tuning: tuning ?? [...tunings][0] ?? "external",
    trials: trials.toSorted(byTrial),
    damage: damage.toSorted(byPath),
    remarks: remarks.toSorted(byPath),
    unknown,
  };
}

const byTrial = (a: TrialLog, b: TrialLog): number =>
  naturalOrder(a.submission, b.submission) || naturalOrder(a.path, b.path);
