import type { MemoryPrediction } from "@steepest/graph";
import type { MemoryTerm } from "../term.js";

/** What of the measured process a term is to be compared with. */
export type MeasuredPart =
  | "parameters"
  | "gradients"
  | "state"
  | "arena"
  | "data"
  | "batch"
  | "session"
  | "step"
  | "copies"
  | "kernels"
  | "algebraGraphs"
  | "algebraSessions"
  | "algebraRuns"
  | "algebraCopies"
  | "program";

/** A term of this engine's own memory. */
export interface PredictedTerm extends MemoryTerm {
  readonly part: MeasuredPart;
}

/** What is known of a graph before it runs. */
export interface StepGraph extends MemoryPrediction {
  readonly nodes: number;
}

/**
 * Bytes of a session beside what a run takes: ONNX Runtime's node, its kernel and names, and what there is without
 * any. Fitted to several sessions at once: 26 nodes take 0.21 to 0.31 MB, 340 to 490 take 1.8 to 2.6 MB; see
 * packages/memory/dev/sessions.js.
 */
const [sessionBytesPerNode, sessionBytes] = [5200, 110_000];

/**
 * What ONNX Runtime's arena holds beyond what is alive: chunks that nothing else fits into, and packed matrices.
 * Measured once, 4 to 6 % on GPTs of 4 blocks (340 to 490 nodes), at two batch sizes and contexts, with
 * checkpointing and without; 7 to 26 % where there are few values, of very different sizes: perceptrons, the graphs of
 * linear algebra.
 */
const unusableShare = {
  many: { low: 0.03, expected: 0.05, high: 0.07 },
  few: { low: 0.05, expected: 0.15, high: 0.3 },
} as const;
/** Nodes from which chunks that are left find another use. */
const manyNodes = 100;

/** Of what is alive of a graph of so many nodes; of several small ones, 0. */
export function fragmentationTerm(peakBytes: number, nodes: number, part: MeasuredPart): PredictedTerm {
  const { low, expected, high } = unusableShare[nodes < manyNodes ? "few" : "many"];
  return {
    ...{ name: "fragmentation", category: "fragmentation", part },
    ...{ bytes: expected * peakBytes, low: low * peakBytes, high: high * peakBytes },
    formula: `${100 * expected} % of what is alive`,
    source: "measured once on this ONNX Runtime, by graphs of many nodes and of few",
  };
}

/** V8 collects young arrays at the latest when there are so many bytes of them (Heap::AllocateExternalBackingStore). */
const mostGarbage = 2 ** 25;

/** A session between runs. */
export function sessionTerm({ nodes, constants }: Pick<StepGraph, "nodes" | "constants">): PredictedTerm {
  const own = sessionBytes + sessionBytesPerNode * nodes;
  return {
    ...{ name: "session", category: "context", part: "session", bytes: constants + own },
    formula: `${sessionBytes / 1000} kB + ${sessionBytesPerNode} B a node + constants`,
    source: "fitted once to sessions of this ONNX Runtime",
    low: constants + own / 2,
    high: constants + 1.5 * own,
  };
}

/** What runs leave to the garbage collector. */
export const copiesTerm = (outputs: number, runs: number): PredictedTerm => ({
  ...{ name: "copies of outputs", category: "temporary", part: "copies" },
  bytes: Math.min(runs * outputs, mostGarbage + outputs),
  formula: runs === 1 ? "outputs" : `${runs} runs of a step`,
  source: "ONNX Runtime's binding copies what it returns; steps pile up 32 MiB of it until V8 collects",
  low: outputs,
  high: mostGarbage + outputs,
});

/**
 * What JavaScript's heap grows by while a run is set up and trains, and what V8's compilers take at most: functions
 * and kernels are compiled once more when they turn out to run often. Measured once, with Node 20: 0.8 to 3.2 MB
 * for rules and Muon, 3.5 to 10 MB for Shampoo, whose decompositions run long.
 */
const programBytes = { low: 500_000, expected: 2_500_000, high: 11_000_000 } as const;

/** The program itself. */
export const programTerm: PredictedTerm = {
  ...{ name: "program and compiled code", category: "context", part: "program" },
  ...{ bytes: programBytes.expected, low: programBytes.low, high: programBytes.high },
  formula: "a constant",
  source: "measured once, with Node 20: JavaScript's heap and V8's compilers",
};
