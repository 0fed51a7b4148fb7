import { add, input, matmul, multiply, reshape, type Tensor } from "@steepest/graph";
import type { GramCoefficients, GramTask, Matrix, ProductTask } from "@steepest/optim";
import { arrayOf, type Batch, inBatches, inputOf, overlap, sameMemory } from "./batches.js";
import type { BoundGraph, Sessions } from "./boundGraph.js";

/*
 * All tasks of an operation are one graph, those whose matrices lie next to each other one product of a
 * batch. Where a result is added to, the graph reads and writes the same array: what it held has been
 * multiplied before anything is written.
 */

/**
 * Microseconds that operations take, to choose between graphs and kernels: of a run, of each product in it,
 * and of a million multiplications and additions. Fitted to products of 1 to 64 matrices of sizes 8 to 128:
 * see dev/linearAlgebra.js.
 */
const cost = {
  graph: { run: 14, product: 9, million: 10.5 },
  kernels: { run: 0, product: 2.5, million: 27 },
} as const;

const timeOf = (
  { run, product, million }: (typeof cost)[keyof typeof cost],
  products: number,
  work: number,
) => run + product * products + (million * work) / 1e6;

/**
 * Whether a graph of so many products is faster than kernels for each task, whose multiplications and
 * additions are given; never where one is empty.
 */
const isWorthGraph = (products: number, work: readonly number[]): boolean => {
  const total = work.reduce((sum, each) => sum + each, 0);
  return (
    work.every((each) => each > 0) &&
    timeOf(cost.graph, products, total) < timeOf(cost.kernels, work.length, total)
  );
};

/** Whether a graph is the faster way. */
export const worthProductGraph = (rounds: Rounds): boolean =>
  isWorthGraph(
    rounds.reduce((sum, round) => sum + productBatches(round).length, 0),
    rounds.flat().map(({ a, transposeA = false, result }) => workOf(result, transposeA ? a.rows : a.columns)),
  );

/** Whether a graph is the faster way. */
export const worthGramGraph = (tasks: readonly GramTask[]): boolean =>
  isWorthGraph(
    gramBatches(tasks).length,
    tasks.map(({ matrix, of, result }) => workOf(result, of === "rows" ? matrix.columns : matrix.rows)),
  );

/** A product with `inner` summands an entry: multiplications and additions. */
const workOf = (result: Matrix, inner: number): number => 2 * result.rows * result.columns * inner;

const productBatches = (tasks: readonly ProductTask[]): readonly Batch<ProductTask>[] =>
  inBatches(
    tasks,
    ({ a, b, result }) => [a, b, result],
    ({ transposeA = false, transposeB = false, alpha = 1, beta = 0 }) =>
      `${transposeA} ${transposeB} ${alpha} ${beta}`,
  );

function gramBatches(tasks: readonly GramTask[]): readonly Batch<GramTask>[] {
  const coefficients = [...new Set(tasks.map((task) => task.coefficients))];
  return inBatches(
    tasks,
    ({ matrix, result }) => [matrix, result],
    (task) => `${task.of} ${coefficients.indexOf(task.coefficients)}`,
  );
}

type Rounds = readonly (readonly ProductTask[])[];

/**
 * The run of result = alpha · op(a) op(b) + beta · result, round after round: one graph, or one for each
 * where memory is used twice.
 */
export function productGraph(rounds: Rounds, sessions: Sessions): () => Promise<void> {
  const whole = graphOfRounds(rounds);
  if (whole !== undefined) return sessions.lazily(whole);
  const runs = rounds.flatMap((round) => {
    const graph = graphOfRounds([round]);
    return graph === undefined || round.length === 0 ? [] : [sessions.lazily(graph)];
  });
  return async () => {
    for (const run of runs) await run();
  };
}

/** A batch that is in the graph: what it reads from memory, and where its product is written. */
interface Written {
  readonly name: string;
  readonly round: number;
  readonly reads: readonly Float32Array[];
  readonly array: Float32Array;
  readonly result: Tensor;
}

/**
 * All rounds as one graph, where products go from one to the next without memory. Nodes run in an order that
 * only products which are read decide: none where a round would write what an earlier one reads or writes in
 * another way than that.
 */
function graphOfRounds(rounds: Rounds): BoundGraph | undefined {
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const fetches: Record<string, Float32Array> = {};
  const all: Written[] = [];
  for (const [round, tasks] of rounds.entries()) {
    const batches = productBatches(tasks);
    const earlier = all.filter((written) => written.round < round);
    for (const [index, batch] of batches.entries()) {
      const [{ transposeA = false, transposeB = false, alpha = 1, beta = 0 }] = batch;
      const sources = new Set<Written>();
      const reads: Float32Array[] = [];
      const read = (role: string, matrices: readonly Matrix[]): Tensor => {
        const array = arrayOf(matrices);
        const name = `${role}${round}.${index}`;
        const own = inputOf(name, matrices);
        const source = earlier.find((written) => sameMemory(written.array, array));
        if (source !== undefined) {
          sources.add(source);
          delete outputs[source.name];
          delete fetches[source.name];
          return reshape(source.result, own.shape);
        }
        reads.push(array);
        feeds[name] = array;
        return own;
      };
      const a = read(
        "a",
        batch.map((task) => task.a),
      );
      const b = read(
        "b",
        batch.map((task) => task.b),
      );
      const results = batch.map((task) => task.result);
      const array = arrayOf(results);
      const product = matmul(a, b, { transposeA, transposeB, scale: alpha });
      const result = beta === 0 ? product : add(product, multiply(read("previous", results), beta));
      const isOrdered = earlier.every(
        (written) =>
          !overlap(array, written.array) &&
          !reads.some((each) => overlap(each, written.array)) &&
          (sources.has(written) || !written.reads.some((each) => overlap(array, each))),
      );
      if (!isOrdered) return undefined;
      const name = `result${round}.${index}`;
      all.push({ name, round, reads, array, result });
      outputs[name] = result;
      fetches[name] = array;
    }
  }
  return { outputs, feeds, fetches };
}

/** The run of result = decay · result + weight · A Aᵀ or Aᵀ A. */
export function gramGraph(tasks: readonly GramTask[], sessions: Sessions): () => Promise<void> {
  const batches = gramBatches(tasks);
  const coefficients = [...new Set(tasks.map((task) => task.coefficients))].map((read) => ({
    read,
    decay: new Float32Array(1),
    rootOfWeight: new Float32Array(1),
  }));
  const weighted = sessions.lazily(graphOfGrams(batches, coefficients));
  // Passes over all matrices that sums of Gram matrices do without; the numbers are the same.
  const summed = sessions.lazily(graphOfGrams(batches, []), "special");
  const results = batches.map((batch) => ({
    read: batch[0].coefficients,
    array: arrayOf(batch.map(({ result }) => result)),
  }));
  return async () => {
    for (const { read, decay, rootOfWeight } of coefficients) {
      decay[0] = read.decay;
      rootOfWeight[0] = Math.sqrt(read.weight);
    }
    // What is not kept must not matter, not even NaN.
    for (const { read, array } of results) if (read.decay === 0) array.fill(0);
    const isSum = coefficients.every(({ read }) => read.decay === 1 && read.weight === 1);
    await (isSum ? summed() : weighted());
  };
}

/** Where a graph of Gram matrices finds the coefficients of tasks. */
interface BoundCoefficients {
  readonly read: GramCoefficients;
  readonly decay: Float32Array;
  readonly rootOfWeight: Float32Array;
}

/** decay · result + weight · A Aᵀ or Aᵀ A; both 1 where there are no coefficients. */
function graphOfGrams(
  batches: readonly Batch<GramTask>[],
  coefficients: readonly BoundCoefficients[],
): BoundGraph {
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const fetches: Record<string, Float32Array> = {};
  const known: { readonly array: Float32Array; readonly tensor: Tensor }[] = [];
  /** The same memory in the same shape is one input, which is scaled once for both of its sides. */
  const inputOnce = (matrices: readonly Matrix[]): Tensor => {
    const array = arrayOf(matrices);
    const name = `matrix${known.length}`;
    const tensor = inputOf(name, matrices);
    const found = known.find(
      (each) => sameMemory(each.array, array) && each.tensor.shape.join() === tensor.shape.join(),
    );
    if (found !== undefined) return found.tensor;
    feeds[name] = array;
    known.push({ array, tensor });
    return tensor;
  };
  for (const [index, batch] of batches.entries()) {
    const [{ of, coefficients: read }] = batch;
    const place = coefficients.findIndex((each) => each.read === read);
    const bound = coefficients[place];
    const scaled = (tensor: Tensor, role: "decay" | "rootOfWeight"): Tensor => {
      if (bound === undefined) return tensor;
      const name = `${role}${place}`;
      feeds[name] = bound[role];
      return multiply(tensor, input(name, [1]));
    };
    const matrices = batch.map(({ matrix }) => matrix);
    const grams = batch.map(({ result }) => result);
    // Both factors are scaled, which keeps the result symmetric, is less work than to scale the result, and
    // leaves a Gemm that adds.
    const matrix = scaled(inputOnce(matrices), "rootOfWeight");
    outputs[`result${index}`] = add(
      matmul(matrix, matrix, of === "rows" ? { transposeB: true } : { transposeA: true }),
      scaled(inputOnce(grams), "decay"),
    );
    fetches[`result${index}`] = arrayOf(grams);
  }
  return { outputs, feeds, fetches };
}
