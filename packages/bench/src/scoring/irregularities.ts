import type { CollectedLogs, FileRemark, TrialLog } from "./logs/collect.js";
import type { Ruleset } from "./rules/ruleset.js";

/** Something in the logs that the rules do not foresee. */
export interface Irregularity {
  /** The submission, the workload or the file that it is about. */
  readonly where: string;
  readonly text: string;
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const groupBy = (
  trials: readonly TrialLog[],
  key: (trial: TrialLog) => string,
): ReadonlyMap<string, readonly TrialLog[]> => {
  const groups = new Map<string, TrialLog[]>();
  for (const trial of trials) {
    const group = groups.get(key(trial));
    if (group === undefined) groups.set(key(trial), [trial]);
    else group.push(trial);
  }
  return groups;
};

/** The commonest value; the greatest of several. */
function usual(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

/** Studies with another number of trials than foreseen, those of one submission and workload together. */
function* trialCounts(group: readonly TrialLog[], where: string, wanted: number): Generator<Irregularity> {
  const byCount = new Map<number, string[]>();
  for (const [study, trials] of groupBy(group, (trial) => trial.study)) {
    if (trials.length === wanted) continue;
    byCount.set(trials.length, [...(byCount.get(trials.length) ?? []), study]);
  }
  for (const [count, studies] of byCount)
    yield {
      where,
      text: `${counted(count, "trial", "trials")} instead of ${wanted} in ${studies.join(", ")}`,
    };
}

/** The same remark on several files of one submission and workload, told once. */
function* fileRemarks(remarks: readonly FileRemark[]): Generator<Irregularity> {
  const groups = new Map<string, FileRemark[]>();
  for (const remark of remarks) {
    const folders = remark.path.split("/").slice(0, -2);
    const key = JSON.stringify([
      folders.join("/").replace(/study_\d+/, "study_*"),
      remark.text.replace(/\d+/g, "#"),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), remark]);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const line = first.line === undefined ? "" : `line ${first.line}: `;
    const more =
      group.length === 1 ? "" : ` (and ${counted(group.length - 1, "log", "logs")} more beside it)`;
    yield { where: first.path, text: `${line}${first.text}${more}` };
  }
}

/**
 * Lists what in the logs is unlike the rules, or unlike the other submissions where the rules name no number.
 */
export function irregularities(logs: CollectedLogs, ruleset: Ruleset): readonly Irregularity[] {
  const { trials, tuning } = logs;
  const bySubmission = groupBy(trials, ({ submission }) => submission);
  const studiesOf = (group: readonly TrialLog[]): number => new Set(group.map(({ study }) => study)).size;
  const pairs = [...groupBy(trials, ({ submission, workload }) => `${submission}, ${workload}`).values()];
  const studies = ruleset.studies ?? usual(pairs.map(studiesOf));
  const perStudy = [...groupBy(trials, (t) => [t.submission, t.study, t.workload].join("/")).values()];
  const wanted = tuning === "self" ? 1 : (ruleset.trials ?? usual(perStudy.map(({ length }) => length)));
  const present = new Set(trials.map(({ workload }) => workload));

  const found: Irregularity[] = [];
  for (const [submission, own] of bySubmission) {
    const byWorkload = groupBy(own, ({ workload }) => workload);
    const missing = ruleset.workloads.filter(
      ({ name, base }) => !byWorkload.has(name) && (base === undefined || present.has(name)),
    );
    if (missing.length > 0)
      found.push({ where: submission, text: `no log of ${missing.map(({ name }) => name).join(", ")}` });
    for (const [workload, group] of byWorkload) {
      const where = `${submission}, ${workload}`;
      const count = studiesOf(group);
      if (count !== studies)
        found.push({ where, text: `${counted(count, "study", "studies")} instead of ${studies}` });
      found.push(...trialCounts(group, where, wanted));
      const folders = [...new Set(group.map(({ folder }) => folder))];
      if (folders.length > 1)
        found.push({ where, text: `logs of several frameworks: ${folders.join(", ")}` });
    }
  }
  for (const [workload, count] of logs.unknown)
    found.push({
      where: workload,
      text: `is no workload of the rules: ${counted(count, "log", "logs")} ignored`,
    });
  return [...found, ...fileRemarks(logs.remarks)];
}
