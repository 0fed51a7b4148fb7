import { execFile } from "node:child_process";
import { SteepestError } from "@steepest/optim";
import type { ClusterLimits } from "./arrays.js";

/** Most that a command of Slurm may print, in bytes: a queue of millions of jobs. */
const mostOutput = 1 << 30;

/**
 * Runs a command of Slurm.
 * @returns what it printed
 * @throws SteepestError `unavailable` where there is no such command or it fails, with its own words
 */
export function runSlurm(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { env: environment(), maxBuffer: mostOutput },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT") reject(notInstalled(program, error));
        else reject(refused(program, inOneLine(stderr) || error.message, error));
      },
    );
    // A command that ends before it has read its input says why on stderr.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/**
 * The user's environment without what would filter or format the queue otherwise, and with lists of tasks
 * printed in full.
 */
const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SQUEUE_"))),
  SLURM_BITSTR_LEN: "0",
});

const notInstalled = (program: string, cause: Error): SteepestError =>
  new SteepestError(
    "unavailable",
    `the Slurm engine needs the command ${program}, which is not on this machine`,
    "Run this on a login node of the cluster (Debian: slurm-client), or choose the engine local",
    { cause },
  );

/** What a command said, without its name before every line. */
const inOneLine = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(/^\w+: (error: |fatal: )?/, "").trim())
    .filter((line) => line !== "")
    .join("; ");

const refused = (program: string, words: string, cause: Error): SteepestError =>
  new SteepestError(
    "unavailable",
    `${program} failed: ${words}`,
    "Check the engine's partition, account, limits and options in the plan, and the cluster with sinfo and squeue; nothing that is complete is lost",
    { cause },
  );

/** The limits of the cluster that decide how arrays are cut. */
export async function clusterLimits(): Promise<ClusterLimits> {
  const text = await runSlurm("scontrol", ["show", "config"]);
  const value = (name: string): number => {
    const found = new RegExp(`^${name}\\s*=\\s*(\\d+)`, "m").exec(text)?.[1];
    if (found === undefined)
      throw new SteepestError(
        "unavailable",
        `scontrol show config has no ${name}`,
        "Check that scontrol reaches the cluster's controller: scontrol ping",
      );
    return Number(found);
  };
  return { maxArraySize: value("MaxArraySize"), maxJobCount: value("MaxJobCount") };
}
