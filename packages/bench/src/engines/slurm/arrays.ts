import { type EngineBench, type QueuedTrials, trialCommand } from "../engine.js";

/** Which trials the tasks of an array carry: task t those of index first + t·trialsPerTask and after. */
export interface TaskNumbering {
  readonly first: number;
  readonly trialsPerTask: number;
}

/** One job array to submit. */
export interface JobArray extends TaskNumbering {
  /** Numbers of its tasks, ascending. */
  readonly tasks: readonly number[];
  /** How many missing trials it carries. */
  readonly trials: number;
}

/** What the cluster allows, as `scontrol show config` says. */
export interface ClusterLimits {
  /** Task numbers of an array lie below it. */
  readonly maxArraySize: number;
  /** Jobs that the controller holds at a time, each task counted. */
  readonly maxJobCount: number;
}

/** The list of an array's tasks is one word of a command, which Linux limits to 128 KiB. */
const mostTasks = 10_000;

/**
 * How many trials a task carries where the user does not say: one, or as many as let all trials together
 * take half of the places that the controller has for everyone.
 */
export const defaultTrialsPerTask = (trials: number, { maxJobCount }: ClusterLimits): number =>
  Math.max(1, Math.ceil((2 * trials) / maxJobCount));

/**
 * Cuts the missing trials into job arrays. The place of a trial follows from its index alone, so arrays of
 * what is missing, now and later, are numbered alike.
 */
export function cutIntoArrays(
  missing: readonly number[],
  trialsPerTask: number,
  { maxArraySize }: ClusterLimits,
): readonly JobArray[] {
  const tasksPerArray = Math.min(maxArraySize, mostTasks);
  const trialsPerArray = tasksPerArray * trialsPerTask;
  const arrays = new Map<number, { tasks: Set<number>; trials: number }>();
  for (const index of missing) {
    const first = Math.floor(index / trialsPerArray) * trialsPerArray;
    const array = arrays.get(first) ?? { tasks: new Set(), trials: 0 };
    arrays.set(first, array);
    array.tasks.add(Math.floor((index - first) / trialsPerTask));
    array.trials++;
  }
  return [...arrays]
    .map(([first, { tasks, trials }]) => ({
      first,
      trialsPerTask,
      tasks: [...tasks].sort((a, b) => a - b),
      trials,
    }))
    .sort((a, b) => a.first - b.first);
}

/** Ascending numbers as Slurm writes them: `0-3,7`. */
export function taskList(tasks: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const task of tasks) {
    const last = ranges.at(-1);
    if (last?.to === task - 1) last.to = task;
    else ranges.push({ from: task, to: task });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

/** The numbers of Slurm's list of tasks: `0-3,7`, with steps (`0-8:2`) and a limit at the end (`0-3%2`). */
export function parseTaskList(list: string): readonly number[] {
  return list
    .replace(/%\d+$/, "")
    .split(",")
    .flatMap((range) => {
      const [, from, to = from, step = "1"] = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(range) ?? [];
      const numbers: number[] = [];
      for (let task = Number(from); task <= Number(to); task += Number(step)) numbers.push(task);
      return numbers;
    });
}

/** A job's name tells whose trials it carries and how they are numbered; nothing else records it. */
export const jobName = (bench: string, { first, trialsPerTask }: TaskNumbering): string =>
  `steepest-${bench}-${first}x${trialsPerTask}`;

/** What `squeue --format` has to print for {@link parseQueue}. */
export const queueFormat = "%F|%K|%T|%j|%r";

/** The trials of a bench in the scheduler's queue, with the jobs that carry them. */
export interface QueuedJobs extends QueuedTrials {
  readonly jobs: ReadonlySet<string>;
}

/** Reads the lines of `squeue`; those of other jobs, which may be the most, are passed over. */
export function parseQueue(output: string, bench: string, trials: number): QueuedJobs {
  const line = new RegExp(`^(\\d+)\\|([^|]*)\\|([A-Z_]+)\\|steepest-${bench}-(\\d+)x(\\d+)\\|(.*)$`, "gm");
  const jobs = new Set<string>();
  const waiting = new Set<number>();
  const running = new Set<number>();
  const reasons = new Map<string, number>();
  for (const [, job = "", list = "", state = "", first, trialsPerTask, reason = ""] of output.matchAll(
    line,
  )) {
    jobs.add(job);
    const isWaiting = state === "PENDING" || state.startsWith("REQUEUE");
    const numbering = { first: Number(first), trialsPerTask: Number(trialsPerTask) };
    const indices = parseTaskList(list).flatMap((task) => trialsOf(task, numbering, trials));
    for (const index of indices) (isWaiting ? waiting : running).add(index);
    if (isWaiting) reasons.set(reason, (reasons.get(reason) ?? 0) + indices.length);
  }
  return { jobs, waiting, running, reasons };
}

/** The indices of the trials that a task carries. */
function trialsOf(task: number, { first, trialsPerTask }: TaskNumbering, trials: number): readonly number[] {
  const begin = first + task * trialsPerTask;
  const end = Math.min(begin + trialsPerTask, trials);
  return Array.from({ length: Math.max(0, end - begin) }, (_, offset) => begin + offset);
}

/**
 * The script that every task of an array runs. Slurm sends SIGTERM to all processes of a task that is
 * cancelled or out of time, and kills what is left when the script ends: so the script outlives the signal
 * and lets the trial save its checkpoint.
 */
export const taskScript = (bench: EngineBench, { first, trialsPerTask }: TaskNumbering): string => `#!/bin/sh
stopped=
trap 'stopped=1' TERM INT
index=$((${first} + SLURM_ARRAY_TASK_ID * ${trialsPerTask}))
end=$((index + ${trialsPerTask}))
status=0
while [ "$index" -lt "$end" ] && [ "$index" -lt ${bench.trials} ] && [ -z "$stopped" ]; do
  ${trialCommand(bench).map(quoted).join(" ")} "$index" || status=$?
  index=$((index + 1))
done
exit "$status"
`;

/** A word as a shell takes it literally, whatever it holds. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
