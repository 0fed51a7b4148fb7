import { type CompiledGraph, type DType, predictMemory } from "@steepest/graph";
import {
  elementCount,
  type OptimizerSpec,
  optimizerOf,
  type ParameterSpec,
  parseOptimizerSpec,
  plannedArenaBytes,
} from "@steepest/optim";
import type { LoadedWorkload } from "@steepest/workloads";
import { exactTerm, type MemoryTerm } from "../term.js";
import { plannedAlgebra } from "./algebra.js";
import { algebraTerms } from "./algebraTerms.js";
import {
  copiesTerm,
  fragmentationTerm,
  type MeasuredPart,
  type PredictedTerm,
  programTerm,
  type StepGraph,
  sessionTerm,
} from "./predictedTerm.js";
import type { MeasuredSetting } from "./setting.js";

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
  const compiled = loaded.stepGraph?.({ batchSize, seed, threads, accumulate, checkpointing });
  const step = compiled && { nodes: compiled.nodeCount, ...(await predictMemory(compiled)) };
  return [
    ...arenaTerms(spec, loaded.parameters),
    ...(loaded.dataBytes === 0 ? [] : [dataTerm(loaded)]),
    ...(compiled === undefined ? [] : [batchTerm(compiled, loaded, batchSize)]),
    ...(step === undefined ? [] : stepTerms(step, accumulate)),
    ...(accumulate > 1 && step !== undefined ? [partialGradients(loaded)] : []),
    ...(await algebraTerms(plannedAlgebra(spec, loaded.parameters, threads))),
    programTerm,
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

const dtypeBytes: Readonly<Record<DType, number>> = { float32: 4, int32: 4, int64: 8, uint8: 1, bool: 1 };

/**
 * What a step reads beside the parameters. Where the data themselves are inputs, of which the graph takes a batch by
 * numbers, they are counted as data, and the order of the examples is held instead.
 */
function batchTerm(
  { inputs }: CompiledGraph,
  { parameters, trainCount, dataBytes }: LoadedWorkload,
  batchSize: number,
): PredictedTerm {
  const names = parameters.map(({ name }) => name);
  const read = Object.entries(inputs).filter(([name]) => !names.includes(name));
  const bytes = (values: typeof read) =>
    values.reduce((sum, [, { dtype, shape }]) => sum + dtypeBytes[dtype] * elementCount(shape), 0);
  const larger = bytes(
    read.filter(
      ([
        ,
        {
          shape: [first = 1],
        },
      ]) => first > batchSize,
    ),
  );
  const inGraph = larger === dataBytes;
  return {
    ...exactTerm({
      ...{ name: "batch", category: "data" },
      bytes: inGraph ? bytes(read) - dataBytes + 4 * trainCount : bytes(read),
      formula: inGraph ? "inputs of the graph + 4 B an example" : "inputs of the graph",
      source: "the compiled graph; each epoch is a permutation of the examples",
    }),
    part: "batch",
  };
}

/** Where micro-batches leave their gradients before they are added. */
const partialGradients = ({ parameterCount }: LoadedWorkload): PredictedTerm => ({
  ...exactTerm({
    ...{ name: "gradients of a micro-batch", category: "gradients", bytes: 4 * parameterCount },
    ...{ formula: "4Ψ", source: "accumulation of micro-batches" },
  }),
  part: "session",
});

/** A session, and what the runs of one step take. */
function stepTerms(step: StepGraph, runs: number): readonly PredictedTerm[] {
  const liveness = `liveness of the graph, at ${step.at}`;
  return [
    sessionTerm(step),
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
    fragmentationTerm(step.peakBytes, step.nodes, "step"),
    copiesTerm(step.outputs, runs),
  ].filter(({ bytes }) => bytes > 0);
}
