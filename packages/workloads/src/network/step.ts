import {
  type CompiledGraph,
  compile,
  createSession,
  gradients,
  type Tensor,
  type TensorArray,
} from "@steepest/graph";
import type { ModelParameter } from "@steepest/nn";
import { elementCount, SteepestError } from "@steepest/optim";
import type { ParameterViews } from "../workload.js";

/** The name of a parameter's derivative among the outputs of a step. */
const outputOf = (name: string): string => `gradient of ${name}`;

/** The graph of a step: a mean loss, and its derivative by every parameter. */
export function compileStep(loss: Tensor, parameters: readonly ModelParameter[]): CompiledGraph {
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  return compile({
    loss,
    ...Object.fromEntries(
      derivatives.map((derivative, i) => [outputOf(parameters[i]?.name ?? ""), derivative]),
    ),
  });
}

/** What a step reads and fills, and how it is computed. */
export interface StepBinding {
  readonly compiled: CompiledGraph;
  readonly parameters: readonly ModelParameter[];
  readonly views: ParameterViews;
  /** What the graph reads beside the parameters. */
  readonly feeds: Readonly<Record<string, TensorArray>>;
  readonly threads: number;
  /** Micro-batches of a step. */
  readonly accumulate: number;
}

/** A step, compiled and bound. */
export interface BoundStep {
  /**
   * Fills the gradients with their mean over the micro-batches, and gives the mean loss. `prepare` fills the
   * feeds of micro-batch 0, 1, ….
   */
  run(prepare: (part: number) => void): Promise<number>;
  release(): Promise<void>;
}

/**
 * Examples of each micro-batch.
 * @throws SteepestError `invalid-value` where the batch cannot be cut into so many equal parts
 */
export function microBatchSize(batchSize: number, accumulate: number): number {
  const size = batchSize / accumulate;
  if (Number.isInteger(accumulate) && accumulate >= 1 && Number.isInteger(size)) return size;
  throw new SteepestError(
    "invalid-value",
    `a batch of ${batchSize} examples cannot be accumulated from ${accumulate} equal parts`,
    "Give a number of parts that divides the batch",
  );
}

/**
 * Loads the graph of a step. A single batch's gradients go where the views are; those of several
 * micro-batches go to memory of their own first, one model's gradients more, and are added from there.
 */
export async function bindStep(binding: StepBinding): Promise<BoundStep> {
  const { compiled, parameters, views, feeds, threads, accumulate } = binding;
  const loss = new Float32Array(1);
  const sums = parameters.map(({ name }) => views.gradient(name));
  const filled =
    accumulate === 1 ? sums : parameters.map(({ shape }) => new Float32Array(elementCount(shape)));
  const named = (arrays: readonly Float32Array[]) =>
    Object.fromEntries(parameters.map(({ name }, i) => [outputOf(name), arrays[i] ?? new Float32Array()]));
  const session = await createSession(compiled, {
    feeds: { ...feeds, ...Object.fromEntries(parameters.map(({ name }) => [name, views.parameter(name)])) },
    fetches: { loss, ...named(filled) },
    threads,
  });
  return {
    async run(prepare) {
      let total = 0;
      for (let part = 0; part < accumulate; part++) {
        prepare(part);
        await session.run();
        total += loss[0] ?? Number.NaN;
        if (accumulate > 1) for (const [i, sum] of sums.entries()) addShare(sum, filled[i], part, accumulate);
      }
      return total / accumulate;
    },
    release: () => session.release(),
  };
}

/** Adds an array's share of a mean to what the parts before it made; the first part begins it. */
function addShare(sum: Float32Array, values: Float32Array | undefined, part: number, parts: number): void {
  const share = 1 / parts;
  for (let i = 0; i < sum.length; i++)
    sum[i] = (part === 0 ? 0 : (sum[i] ?? 0)) + share * (values?.[i] ?? Number.NaN);
}
