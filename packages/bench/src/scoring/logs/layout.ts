/** Where a log stands in AlgoPerf's layout, `<submission>/study_<i>/<workload>_<framework>/trial_<j>`. */
export interface LogPlace {
  readonly submission: string;
  /** As its folder is named, `study_0`. */
  readonly study: string;
  readonly workload: string;
  /** The workload's folder, with the framework. */
  readonly folder: string;
  /** As its folder is named, `trial_1`. */
  readonly trial: string;
  /** The folders above the submission. */
  readonly above: readonly string[];
}

/** The file that is scored. */
export const measurementsFile = "eval_measurements.csv";

const studyPattern = /^study_\d+$/;
const trialPattern = /^trial_\d+$/;
const workloadPattern = /^(.+)_(?:jax|pytorch|steepest)$/;

/**
 * Where a file of a trial stands; undefined where its folders are named otherwise.
 * @param root the submission where the outermost folder of the path is a study
 */
export function placeOf(path: string, root: string): LogPlace | undefined {
  const folders = path.split("/").slice(0, -1);
  const [study, folder, trial] = folders.slice(-3);
  const above = folders.slice(0, -3);
  const submission = above.pop() ?? root;
  if (study === undefined || folder === undefined || trial === undefined) return undefined;
  const workload = workloadPattern.exec(folder)?.[1];
  if (workload === undefined || !studyPattern.test(study) || !trialPattern.test(trial)) return undefined;
  return { submission, study, workload, folder, trial, above };
}
