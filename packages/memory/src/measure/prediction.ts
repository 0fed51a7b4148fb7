import { type MemoryPrediction, predictMemory } from "@steepest/graph";
import { graphLinearAlgebra } from "@steepest/nn";
import {
  createOptimizer,
  type OptimizerSpec,
  optimizerOf,
  type ParameterSpec,
  parseOptimizerSpec,
  plannedArenaBytes,
} from "@steepest/optim";
import type { LoadedWorkload } from "@steepest/workloads";
import { exactTerm, type MemoryTerm } from "../term.js";
import type { MeasuredSetting } from "./setting.js";

/** What of the measured process a term is to be compared with. */
export type MeasuredPart =
  | "parameters"
  | "gradients"
  | "state"
  | "arena"
  | "data"
  | "session"
  | "step"
  | "copies"
  | "algebra";

/** A term of this engine's own memory. */
export interface PredictedTerm extends MemoryTerm {
  readonly part: MeasuredPart;
}

/**
 * Bytes of a session beside what a run takes: ONNX Runtime's node, its kernel and names. packages/memory/dev/sessions.js
 * measures it: GPTs of 1 to 24 layers (118 to 1843 nodes) take 0.75 to 10.4 MB, where 1.3 to 10.3 are predicted.
 */
const sessionBytesPerNode = 5200;
/** What the first session of a process brings besides: kernels compiled, garbage of building the graph. */
const firstSessionBytes = 700_000;

/**
 * What ONNX Runtime's arena holds beyond what is alive: chunks that nothing else fits into, and packed matrices.
 * Measured 6 to 9 % on GPTs.
 */
const unusableShare = { low: 0.03, expected: 0.08, high: 0.12 } as const;

/** V8 collects young arrays at the latest when there are so many bytes of them (Heap::AllocateExternalBackingStore). */
const mostGarbage = 2 ** 25;

/**
 * What training needs on this engine, from declarations alone: the optimizer's arena, the graph of a step and
 * of the optimizer's linear algebra, the data. Nothing is run.
 *
 * @throws SteepestError for what the workload or the optimizer refuses; GraphError for a graph whose types are
 *   not known before it runs
 */
export async function predictTraining(
  loaded: LoadedWorkload,
  setting: MeasuredSetting,
): Promise<readonly PredictedTerm[]> {
  const spec = parseOptimizerSpec(setting.optimizer);
  const { batchSize, seed, threads, accumulate, checkpointing } = setting;
  const graph = loaded.stepGraph?.({ batchSize, seed, threads, accumulate, checkpointing });
  const step = graph && { nodes: graph.nodeCount, ...(await predictMemory(graph)) };
  return [
    ...arenaTerms(spec, loaded.parameters),
    ...(loaded.dataBytes === 0 ? [] : [dataTerm(loaded)]),
    ...(step === undefined ? [] : stepTerms(step, accumulate)),
    ...(accumulate > 1 && step !== undefined ? [partialGradients(loaded)] : []),
    ...(optimizerOf(spec).kind === "matrix" ? await algebraTerms(spec, loaded.parameters, threads) : []),
  ];
}

const declared = "the optimizer's declaration";

/** The one memory of parameters, gradients and state, to the byte. */
function arenaTerms(spec: OptimizerSpec, parameters: readonly ParameterSpec[]): readonly PredictedTerm[] {
  const { total, ...uses } = plannedArenaBytes(spec, parameters);
  const slots = optimizerOf(spec).arrays(parameters, spec).state;
  const array = (part: MeasuredPart, name: string, bytes: number, formula: string): PredictedTerm => ({
    ...exactTerm({ name, category: categoryOf(part), bytes, formula, source: declared }),
    part,
  });
  const named = Object.values(uses).reduce((sum, bytes) => sum + bytes, 0);
  return [
    array("parameters", "parameters", uses.parameters, "4Ψ"),
    array("gradients", "gradients", uses.gradients, "4Ψ"),
    ...slots.map(({ name, bytes }) =>
      array("state", `state: ${name}`, bytes, slotFormula(bytes, uses.parameters)),
    ),
    array("arena", "inputs of the optimizer", uses.inputs, "4Ψ each"),
    array("arena", "weights to evaluate with", uses.evaluation, "4Ψ"),
    array("arena", "kernels' scratch, padding, pages", total - named, "64 B, 64 KiB"),
  ].filter(({ bytes }) => bytes > 0);
}

const categoryOf = (part: MeasuredPart): MemoryTerm["category"] =>
  part === "parameters" || part === "gradients" || part === "state" ? part : "temporary";

const slotFormula = (bytes: number, parameterBytes: number): string =>
  bytes === parameterBytes ? "4Ψ" : "4 B an element";

const dataTerm = ({ dataBytes, source }: LoadedWorkload): PredictedTerm => ({
  ...exactTerm({ name: "data", category: "data", bytes: dataBytes, formula: "as loaded", source }),
  part: "data",
});

/** Where micro-batches leave their gradients before they are added. */
const partialGradients = ({ parameterCount }: LoadedWorkload): PredictedTerm => ({
  ...exactTerm({
    ...{ name: "gradients of a micro-batch", category: "gradients", bytes: 4 * parameterCount },
    ...{ formula: "4Ψ", source: "accumulation of micro-batches" },
  }),
  part: "session",
});

interface StepGraph extends MemoryPrediction {
  readonly nodes: number;
}

/** A session, and what the runs of one step take. */
function stepTerms(step: StepGraph, runs: number): readonly PredictedTerm[] {
  const liveness = `liveness of the graph, at ${step.at}`;
  return [
    firstSession(step),
    {
      ...exactTerm({
        ...{ name: "saved activations", category: "activations", bytes: step.saved },
        ...{ formula: "alive from forward to backward", source: liveness },
      }),
      part: "step" as const,
    },
    {
      ...exactTerm({
        ...{ name: "workspace", category: "temporary", bytes: step.workspace },
        ...{ formula: "the rest alive there", source: liveness },
      }),
      part: "step" as const,
    },
    {
      ...{ name: "fragmentation", category: "fragmentation" as const, part: "step" as const },
      bytes: unusableShare.expected * step.peakBytes,
      low: unusableShare.low * step.peakBytes,
      high: unusableShare.high * step.peakBytes,
      formula: `${100 * unusableShare.expected} % of activations and workspace`,
      source: "measured on GPTs with this ONNX Runtime",
    },
    copiesTerm(step.outputs, runs),
  ].filter(({ bytes }) => bytes > 0);
}

/** The session of a step, with what the first one brings. */
function firstSession(step: StepGraph): PredictedTerm {
  const term = sessionTerm(step);
  return {
    ...term,
    bytes: term.bytes + firstSessionBytes,
    high: term.high + 2 * firstSessionBytes,
    formula: `${term.formula} + ${firstSessionBytes / 1000} kB once`,
  };
}

function sessionTerm({ nodes, constants }: Pick<StepGraph, "nodes" | "constants">): PredictedTerm {
  const bytes = constants + sessionBytesPerNode * nodes;
  return {
    ...{ name: "session", category: "context", part: "session", bytes },
    formula: `${sessionBytesPerNode} B a node + constants`,
    source: "fitted to sessions of this ONNX Runtime",
    low: constants + (sessionBytesPerNode * nodes) / 2,
    high: constants + 2 * sessionBytesPerNode * nodes,
  };
}

const copiesTerm = (outputs: number, runs: number): PredictedTerm => ({
  ...{ name: "copies of outputs", category: "temporary", part: "copies" },
  bytes: Math.min(runs * outputs, mostGarbage + outputs),
  formula: runs === 1 ? "outputs" : `${runs} runs of a step`,
  source: "ONNX Runtime's binding copies what it returns; steps pile up 32 MiB of it until V8 collects",
  low: outputs,
  high: mostGarbage + outputs,
});

/** What an optimizer's linear algebra works in, beside the arena. It is planned as it would be to train. */
async function algebraTerms(
  spec: OptimizerSpec,
  parameters: readonly ParameterSpec[],
  threads: number,
): Promise<readonly PredictedTerm[]> {
  const algebra = graphLinearAlgebra({ threads });
  try {
    createOptimizer(spec, parameters, { linearAlgebra: algebra });
    const graphs: StepGraph[] = [];
    let models = 0;
    for (const graph of algebra.graphs()) {
      graphs.push({ nodes: graph.nodeCount, ...(await predictMemory(graph)) });
      models += graph.onnx.byteLength;
    }
    const sum = (of: (graph: StepGraph) => number) => graphs.reduce((bytes, graph) => bytes + of(graph), 0);
    const kernels = algebra.workspaceBytes;
    const terms: readonly PredictedTerm[] = [
      {
        ...{ name: "linear algebra: kernels", category: "temporary", part: "algebra", bytes: kernels },
        formula: "the largest operation's panels",
        source: "WebAssembly memory as planned",
        // Kernels that only stand in where a graph could overflow leave theirs untouched.
        low: 0,
        high: kernels,
      },
      {
        ...exactTerm({
          ...{
            name: "linear algebra: graphs",
            category: "temporary",
            bytes: sum(({ peakBytes }) => peakBytes),
          },
          ...{ formula: "the sum over graphs, each its own arena", source: "liveness of the graphs" },
        }),
        part: "algebra",
      },
      {
        ...exactTerm({
          ...{ name: "linear algebra: constants of graphs", category: "temporary" },
          bytes: 2 * sum(({ constants }) => constants),
          ...{
            formula: "8 B an element",
            source: "graphs keep their constants in float64, beside the sessions' own",
          },
        }),
        part: "algebra",
      },
      {
        ...{ name: "linear algebra: models", category: "temporary", part: "algebra", bytes: models },
        ...{ formula: "the graphs serialised", source: "garbage once the sessions have read them" },
        ...{ low: 0, high: models },
      },
      {
        ...sessionTerm({ nodes: sum(({ nodes }) => nodes), constants: sum(({ constants }) => constants) }),
        ...{ name: "linear algebra: sessions", part: "algebra" },
      },
      {
        ...copiesTerm(
          sum(({ outputs }) => outputs),
          1,
        ),
        ...{ name: "linear algebra: copies of outputs", part: "algebra" },
      },
    ];
    return terms.filter(({ bytes }) => bytes > 0);
  } finally {
    await algebra.release();
  }
}
