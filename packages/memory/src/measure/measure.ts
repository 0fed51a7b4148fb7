import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { SteepestError } from "@steepest/optim";
import { z } from "zod";
import { type ComparedMemory, compareMemory } from "./comparison.js";
import { type MeasuredMemory, measuredMemorySchema } from "./measured.js";
import type { PredictedTerm } from "./predictedTerm.js";
import { predictTraining } from "./prediction.js";
import type { MeasuredSetting } from "./setting.js";
import { loadMeasured } from "./workload.js";

/** Predicted beside measured. Plain data. */
export interface MemoryMeasurement {
  readonly setting: MeasuredSetting;
  readonly parameterCount: number;
  /** Where the data are from, for people. */
  readonly source: string;
  readonly terms: readonly PredictedTerm[];
  readonly measured: MeasuredMemory;
  readonly rows: readonly ComparedMemory[];
}

/**
 * Trains a few steps in a fresh process, and compares what it took with what is predicted.
 *
 * @throws SteepestError for what the workload or the optimizer refuses, and `unavailable` where the process
 *   ends before it has answered; the signal's reason where it is aborted, the process being ended first
 */
export async function measureMemory(
  setting: MeasuredSetting,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<MemoryMeasurement> {
  // Predicted first: what the workload or the optimizer refuses is then refused here, by its own error.
  const loaded = await loadMeasured(setting.workload);
  const terms = await predictTraining(loaded, setting);
  const measured = await measureApart(setting, signal);
  const { parameterCount, source } = loaded;
  return { setting, parameterCount, source, terms, measured, rows: compareMemory(terms, measured) };
}

const replySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("measured"), memory: measuredMemorySchema }),
  z.strictObject({ kind: z.literal("failed"), reason: z.string() }),
]);

/** Named through the package's exports, so that tests of the sources start the built process. */
const entry = () => createRequire(import.meta.url).resolve("@steepest/memory/measured");

/**
 * V8 in the measured process: garbage is collected when asked for and at once, and young objects get 1 MB,
 * always, in place of up to 48, so that JavaScript's own garbage does not hide what training takes; code is
 * compiled at the same calls every time.
 */
const flags = ["--expose-gc", "--predictable", "--min-semi-space-size=1", "--max-semi-space-size=1"];

/**
 * Blocks of memory that the C library maps by themselves and gives back once they are free: from its own 128 KiB
 * (mallopt(3), `M_MMAP_THRESHOLD`), which would otherwise rise to the largest block freed, up to 32 MiB. Where
 * the holes of larger ones stayed in the heap, what a step takes would depend on what was freed before.
 */
const mapped = { MALLOC_MMAP_THRESHOLD_: String(2 ** 17) } as const;

/** Characters of the process's complaints that an error shows. */
const shownCharacters = 2000;

/** Measures in a process of its own, which nothing has run in before. */
async function measureApart(setting: MeasuredSetting, signal?: AbortSignal): Promise<MeasuredMemory> {
  signal?.throwIfAborted();
  const child = fork(entry(), [], {
    execArgv: flags,
    env: { ...process.env, ...mapped },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const end = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", end, { once: true });
  let complaints = "";
  child.stderr?.on("data", (data: Buffer) => {
    complaints = (complaints + data.toString()).slice(-shownCharacters);
  });
  try {
    const reply = await new Promise<z.infer<typeof replySchema>>((resolve, reject) => {
      child.once("message", (message) => resolve(replySchema.parse(message)));
      child.once("error", reject);
      child.once("exit", (code, name) =>
        reject(endedEarly(name === null ? `with exit code ${code}` : `by ${name}`, complaints)),
      );
      child.send(setting);
    });
    if (reply.kind === "measured") return reply.memory;
    throw new SteepestError(
      "unavailable",
      `the measured process could not train: ${reply.reason}`,
      "Train the same workload and optimizer with steepest train to see what is wrong",
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}

const endedEarly = (how: string, complaints: string) =>
  new SteepestError(
    "unavailable",
    `the measured process ended ${how} before it had measured${complaints === "" ? "" : `:\n${complaints.trim()}\n`}`,
    "Where it was killed, memory may have run out: measure a smaller batch, or plan instead with steepest memory MODEL",
  );
