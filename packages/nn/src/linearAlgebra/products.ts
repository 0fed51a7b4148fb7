import { add, input, matmul, multiply, type Tensor } from "@steepest/graph";
import type { GramTask, Matrix, ProductTask } from "@steepest/optim";
import { arrayOf, inBatches, inputOf } from "./batches.js";
import type { Sessions } from "./boundGraph.js";

/*
 * All tasks of an operation are one graph, those whose matrices lie next to each other one product of a batch. Where a result is added to, the graph
 * reads and writes the same array: what it held has been multiplied before anything is written.
 */

/** Fewer multiplications and additions than this are done before a session of ONNX Runtime has begun: see dev/linearAlgebra.js. */
const leastWork = 2e6;

/** A product with `inner` summands an entry: multiplications and additions. */
const workOf = (result: Matrix, inner: number): number => 2 * result.rows * result.columns * inner;

/** Whether a graph is the faster way; never where a matrix is empty. */
export const worthGraph = (tasks: readonly { readonly result: Matrix; readonly inner: number }[]): boolean =>
  tasks.every(({ result, inner }) => workOf(result, inner) > 0) &&
  tasks.reduce((sum, { result, inner }) => sum + workOf(result, inner), 0) >= leastWork;

/** Summands of an entry of a product. */
export const innerOf = ({ a, transposeA = false }: ProductTask): number => (transposeA ? a.rows : a.columns);

/** Summands of an entry of a Gram matrix. */
export const innerOfGram = ({ matrix, of }: GramTask): number =>
  of === "rows" ? matrix.columns : matrix.rows;

/** The run of result = alpha · op(a) op(b) + beta · result. */
export function productGraph(tasks: readonly ProductTask[], sessions: Sessions): () => Promise<void> {
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const fetches: Record<string, Float32Array> = {};
  const batches = inBatches(
    tasks,
    ({ a, b, result }) => [a, b, result],
    ({ transposeA = false, transposeB = false, alpha = 1, beta = 0 }) =>
      `${transposeA} ${transposeB} ${alpha} ${beta}`,
  );
  for (const [index, batch] of batches.entries()) {
    const [{ transposeA = false, transposeB = false, alpha = 1, beta = 0 }] = batch;
    const read = (role: string, matrices: readonly Matrix[]) => {
      const name = `${role}${index}`;
      feeds[name] = arrayOf(matrices);
      return inputOf(name, matrices);
    };
    const a = batch.map((task) => task.a);
    const b = batch.map((task) => task.b);
    const results = batch.map(({ result }) => result);
    const product = matmul(read("a", a), read("b", b), { transposeA, transposeB, scale: alpha });
    outputs[`result${index}`] =
      beta === 0 ? product : add(product, multiply(read("previous", results), beta));
    fetches[`result${index}`] = arrayOf(results);
  }
  return sessions.lazily({ outputs, feeds, fetches });
}

/** The run of result = decay · result + weight · A Aᵀ or Aᵀ A. */
export function gramGraph(tasks: readonly GramTask[], sessions: Sessions): () => Promise<void> {
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const fetches: Record<string, Float32Array> = {};
  const coefficients = [...new Set(tasks.map((task) => task.coefficients))].map((read) => ({
    read,
    decay: new Float32Array(1),
    weight: new Float32Array(1),
  }));
  const batches = inBatches(
    tasks,
    ({ matrix, result }) => [matrix, result],
    (task) => `${task.of} ${coefficients.findIndex(({ read }) => read === task.coefficients)}`,
  );
  const results = batches.map((batch, index) => {
    const [{ of, coefficients: read }] = batch;
    const place = coefficients.findIndex((each) => each.read === read);
    const scalar = (role: "decay" | "weight") => {
      const name = `${role}${place}`;
      feeds[name] = coefficients[place]?.[role] ?? new Float32Array(1);
      return input(name, [1]);
    };
    const matrices = batch.map(({ matrix }) => matrix);
    const grams = batch.map(({ result }) => result);
    const array = arrayOf(grams);
    feeds[`matrix${index}`] = arrayOf(matrices);
    feeds[`previous${index}`] = array;
    const matrix = inputOf(`matrix${index}`, matrices);
    const gram = matmul(matrix, matrix, of === "rows" ? { transposeB: true } : { transposeA: true });
    outputs[`result${index}`] = add(
      multiply(gram, scalar("weight")),
      multiply(inputOf(`previous${index}`, grams), scalar("decay")),
    );
    fetches[`result${index}`] = array;
    return { read, array };
  });
  const run = sessions.lazily({ outputs, feeds, fetches });
  return async () => {
    for (const { read, decay, weight } of coefficients) {
      decay[0] = read.decay;
      weight[0] = read.weight;
    }
    // What is not kept must not matter, not even NaN.
    for (const { read, array } of results) if (read.decay === 0) array.fill(0);
    await run();
  };
}
