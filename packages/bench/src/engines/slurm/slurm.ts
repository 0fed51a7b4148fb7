import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { makeFolder } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { z } from "zod";
import type { BatchEngine, EngineBench } from "../engine.js";
import {
  cutIntoArrays,
  defaultTrialsPerTask,
  jobName,
  parseQueue,
  type QueuedJobs,
  queueFormat,
  taskList,
  taskScript,
} from "./arrays.js";
import { clusterLimits, runSlurm } from "./commands.js";

/** Slurm's forms of a time limit: minutes, [hours:]minutes:seconds, days-hours[:minutes[:seconds]]. */
const timeLimitPattern = /^(\d+|\d+:\d\d(:\d\d)?|\d+-\d+(:\d\d){0,2})$/;

/** {@link SlurmSettings} as a plan has them. */
export const slurmSettingsSchema = z.strictObject({
  kind: z.literal("slurm"),
  partition: z.string().min(1).exactOptional(),
  account: z.string().min(1).exactOptional(),
  qos: z.string().min(1).exactOptional(),
  /** Of one task. A number counts minutes. A task that runs out of time saves a checkpoint. */
  timeLimit: z
    .union([z.int().positive().transform(String), z.string().regex(timeLimitPattern)])
    .exactOptional(),
  /** Of one task, as sbatch takes it: `2G`. */
  memory: z.string().min(1).exactOptional(),
  /**
   * Trials that one task carries, one after the other; for trials of seconds, which a scheduler made for
   * hours would be busy with. By default one, more only where the controller would not hold all tasks.
   */
  trialsPerTask: z.int().positive().exactOptional(),
  /** Further options of sbatch, a word each: `--constraint=avx2`. */
  options: z.array(z.string().startsWith("-")).exactOptional(),
});

/** How trials run on Slurm; nothing here changes their bits. */
export type SlurmSettings = Readonly<z.infer<typeof slurmSettingsSchema>>;

/** The folder in a bench's folder that holds what the tasks print, `<job>_<task>.log`. */
export const slurmLogs = "slurm-logs";

/** Between two looks at the queue while trials end, in milliseconds. */
const pollingPeriod = 250;
/** How long trials get to end after SIGTERM, in seconds: Slurm's KillWait is 30 by default. */
const endPatience = 120;
/** Jobs named in one command. */
const jobsPerCommand = 500;

/**
 * Job arrays over `steepest bench trial` on a folder that every node sees. Trials of one bench are told from
 * others by the jobs' names, which carry a hash of the bench's folder and the numbering of its tasks.
 */
export function createSlurmEngine(settings: SlurmSettings): BatchEngine {
  const look = async (bench: EngineBench): Promise<QueuedJobs> => {
    const output = await runSlurm("squeue", ["--noheader", `--format=${queueFormat}`]);
    return parseQueue(output, await identity(bench), bench.trials);
  };
  return {
    queue: look,
    async submit(bench, missing) {
      const { waiting, running } = await look(bench);
      const absent = missing.filter((index) => !waiting.has(index) && !running.has(index));
      if (absent.length === 0) return { trials: 0, jobs: [] };
      const limits = await clusterLimits();
      const perTask = settings.trialsPerTask ?? defaultTrialsPerTask(bench.trials, limits);
      const name = await identity(bench);
      // Slurm fails a task whose output has no folder.
      await makeFolder(join(bench.folder, slurmLogs));
      const jobs: string[] = [];
      let trials = 0;
      for (const array of cutIntoArrays(absent, perTask, limits)) {
        const printed = await runSlurm(
          "sbatch",
          [
            "--nodes=1",
            "--ntasks=1",
            "--cpus-per-task=1",
            ...passedThrough(settings),
            "--parsable",
            // A task whose node fails begins again and goes on from its checkpoint, its log too.
            "--requeue",
            "--open-mode=append",
            `--job-name=${jobName(name, array)}`,
            `--array=${taskList(array.tasks)}`,
            `--chdir=${bench.folder}`,
            `--output=${slurmLogs}/%A_%a.log`,
          ],
          taskScript(bench, array),
        );
        // "<job>[;<cluster>]"
        jobs.push(printed.trim().split(";")[0] ?? "");
        trials += array.trials;
      }
      return { trials, jobs };
    },
    async cancel(bench) {
      const { jobs, waiting, running } = await look(bench);
      const named = [...jobs];
      for (let begin = 0; begin < named.length; begin += jobsPerCommand) {
        // Quiet about jobs that have come to their end meanwhile.
        await runSlurm("scancel", ["--quiet", ...named.slice(begin, begin + jobsPerCommand)]);
      }
      const deadline = performance.now() + endPatience * 1000;
      for (let left = jobs; left.size > 0; left = (await look(bench)).jobs) {
        if (performance.now() > deadline) throw stillEnding(left);
        await wait(pollingPeriod);
      }
      return waiting.size + running.size;
    },
  };
}

/** Tells a bench from every other: twelve hexadecimal digits from where its folder lies. */
async function identity({ folder }: EngineBench): Promise<string> {
  return createHash("sha256")
    .update(await realpath(folder))
    .digest("hex")
    .slice(0, 12);
}

function passedThrough(settings: SlurmSettings): readonly string[] {
  const { partition, account, qos, timeLimit, memory, options = [] } = settings;
  const named = { partition, account, qos, time: timeLimit, mem: memory };
  return [
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...options,
  ];
}

const stillEnding = (jobs: ReadonlySet<string>): SteepestError =>
  new SteepestError(
    "unavailable",
    `${jobs.size} cancelled jobs have not ended within ${endPatience} s (${[...jobs].slice(0, 5).join(", ")})`,
    "Look at them with squeue; their trials keep their checkpoints",
  );
