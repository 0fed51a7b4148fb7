import { createRequire } from "node:module";
import { arch, cpus, platform, release } from "node:os";
import { z } from "zod";

/** What a log says of the program beneath the submission. */
export interface Versions {
  readonly node: string;
  readonly onnxruntime: string;
  readonly processor: string;
  readonly cores: number;
  readonly platform: string;
}

const packageSchema = z.object({ version: z.string() });

/** The versions of what runs here. */
export function currentVersions(): Versions {
  const graph = createRequire(createRequire(import.meta.url).resolve("@steepest/graph"));
  return {
    node: process.version,
    onnxruntime: packageSchema.parse(graph("onnxruntime-node/package.json")).version,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

/** A line of a run's log that a step or an evaluation left. Seconds are of training alone. */
export type LogLine =
  | { readonly kind: "step"; readonly step: number; readonly seconds: number }
  | { readonly kind: "evaluation"; readonly step: number; readonly seconds: number; readonly loss: number };

/** What a log is made from. */
export interface RunLog {
  /** All code of the submission, the track and the settings. */
  readonly source: string;
  readonly versions: Versions;
  readonly steps: number;
  readonly lines: readonly LogLine[];
  /** Undefined where the run's process was killed before it could say. */
  readonly peakResidentBytes: number | undefined;
}

const rule = "=".repeat(100);

const mebibytes = (bytes: number | undefined): string =>
  bytes === undefined ? "unknown" : `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * A run's log in modded-nanogpt's format: source, versions, one line a report (an evaluation's before the
 * step's), peak memory. What a process of ours has reserved is what it has held.
 */
export function formatLog({ source, versions, steps, lines, peakResidentBytes }: RunLog): string {
  const { node, onnxruntime, processor, cores, platform: system } = versions;
  const order = { evaluation: 0, step: 1 } as const;
  const sorted = lines.toSorted((a, b) => a.step - b.step || order[a.kind] - order[b.kind]);
  const text = sorted.map((line) => {
    const { step, seconds } = line;
    const measured = line.kind === "evaluation" ? ` val_loss:${line.loss.toFixed(4)}` : "";
    const time = `train_time:${Math.round(1000 * seconds)}ms`;
    return `step:${step}/${steps}${measured} ${time} step_avg:${((1000 * seconds) / step).toFixed(2)}ms`;
  });
  const peak = mebibytes(peakResidentBytes);
  return [
    source.trimEnd(),
    rule,
    `Running Node.js ${node} with ONNX Runtime ${onnxruntime} on ${system}`,
    `${processor}, ${cores} cores, one thread`,
    rule,
    ...text,
    `peak memory allocated: ${peak} reserved: ${peak}`,
    "",
  ].join("\n");
}
