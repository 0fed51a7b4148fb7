import { totalBytes } from "../term.js";
import type { MeasuredMemory } from "./measured.js";
import type { MeasuredPart, PredictedTerm } from "./predictedTerm.js";

/** One thing that was both predicted and measured. */
export interface ComparedMemory {
  readonly name: string;
  /** The names of the terms that it is made of. */
  readonly terms: readonly string[];
  /** Whether the two must be equal to the byte: arrays are counted, not weighed. */
  readonly exact: boolean;
  readonly predictedBytes: number;
  readonly low: number;
  readonly high: number;
  /** Absent where this system or this optimizer does not tell. */
  readonly measuredBytes?: number;
  /** predicted / measured − 1; absent where nothing was measured or nothing is there. */
  readonly error?: number;
}

interface Row {
  readonly name: string;
  readonly parts: readonly MeasuredPart[];
  readonly exact?: boolean;
  measured(memory: MeasuredMemory): number | undefined;
}

const wholeArena: readonly MeasuredPart[] = ["parameters", "gradients", "state", "arena"];
/** All that there is while a step runs. */
const everything: readonly MeasuredPart[] = [
  ...wholeArena,
  ...(["data", "batch", "session", "step", "copies", "program"] as const),
  ...(["kernels", "algebraGraphs", "algebraSessions", "algebraRuns", "algebraCopies"] as const),
];

/** What is compared, in the order in which it comes into the process. */
const rows: readonly Row[] = [
  { name: "parameters", parts: ["parameters"], exact: true, measured: ({ arena }) => arena.parameters },
  { name: "gradients", parts: ["gradients"], exact: true, measured: ({ arena }) => arena.gradients },
  { name: "optimizer state", parts: ["state"], exact: true, measured: ({ arena }) => arena.state },
  { name: "arena in all", parts: wholeArena, exact: true, measured: ({ arena }) => arena.total },
  { name: "data", parts: ["data"], measured: ({ data }) => data },
  { name: "batch", parts: ["batch"], measured: ({ batch }) => batch },
  { name: "session", parts: ["session"], measured: ({ step }) => step.session },
  {
    ...{ name: "saved activations and workspace", parts: ["step"] },
    // What a step reads is first written when it first runs.
    measured: ({ step, batch }) => step.run - batch,
  },
  { name: "copies of outputs", parts: ["copies"], measured: ({ copies }) => copies },
  { name: "linear algebra: kernels", parts: ["kernels"], measured: ({ algebra }) => algebra?.kernels },
  { name: "linear algebra: graphs", parts: ["algebraGraphs"], measured: ({ algebra }) => algebra?.graphs },
  {
    ...{ name: "linear algebra: sessions", parts: ["algebraSessions"] },
    measured: ({ algebra }) => algebra?.session,
  },
  { name: "linear algebra: workspace", parts: ["algebraRuns"], measured: ({ algebra }) => algebra?.run },
  {
    ...{ name: "linear algebra: copies of outputs", parts: ["algebraCopies"] },
    measured: ({ algebra }) => algebra?.copies,
  },
  { name: "program and compiled code", parts: ["program"], measured: ({ program }) => program },
  { name: "process peak, less the empty process", parts: everything, measured: ({ peakBytes }) => peakBytes },
];

/** What was predicted beside what was measured, row by row; rows of which there is nothing
 * are left out. */
export function compareMemory(
  terms: readonly PredictedTerm[],
  measured: MeasuredMemory,
): readonly ComparedMemory[] {
  return rows.flatMap(({ name, parts, exact = false, measured: read }) => {
    const own = terms.filter(({ part }) => parts.includes(part));
    const predictedBytes = totalBytes(own);
    const measuredBytes = read(measured);
    if (own.length === 0 && !(measuredBytes !== undefined && measuredBytes > 0)) return [];
    return [
      {
        ...{ name, terms: own.map((term) => term.name), exact, predictedBytes },
        low: own.reduce((sum, { low }) => sum + low, 0),
        high: own.reduce((sum, { high }) => sum + high, 0),
        ...(measuredBytes === undefined ? {} : { measuredBytes }),
        ...(measuredBytes === undefined || measuredBytes === 0
          ? {}
          : { error: predictedBytes / measuredBytes - 1 }),
      },
    ];
  });
}
