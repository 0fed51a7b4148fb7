import type { CompiledGraph, Tensor } from "@steepest/graph";
import {
  type LinearAlgebra,
  type Matrix,
  type Operation,
  type OrthogonaliseTask,
  SteepestError,
  wasmLinearAlgebra,
} from "@steepest/optim";
import { overlap } from "./batches.js";
import { Sessions } from "./boundGraph.js";
import { type Orthogonalised, orthogonalised } from "./orthogonalise.js";
import { gramGraph, productGraph, worthGramGraph, worthProductGraph } from "./products.js";

/** Linear algebra that holds sessions of ONNX Runtime. */
export interface GraphLinearAlgebra extends LinearAlgebra {
  /** Of the WebAssembly kernels, which do what is not in a graph. */
  readonly workspaceBytes: number;
  /**
   * The graphs of the operations planned so far, each of which has a session once it has run; of two that
   * stand in for each other, the larger.
   */
  graphs(): readonly CompiledGraph[];
  /** Frees the sessions; operations must not run any more. */
  release(): Promise<void>;
}

/**
 * Squares of norms between these leave float32 room for the iteration; others are taken by the WebAssembly
 * kernels, which scale first.
 */
const [leastSquare, greatestSquare] = [1e-20, 1e20];

/**
 * Linear algebra in float32 by ONNX Runtime: products, Gram matrices and Newton–Schulz steps of one operation
 * are one graph, made at its first run. All else, and what is too little work for a session, is what the
 * WebAssembly kernels do. It is asynchronous: only `runAsync` works.
 *
 * @param options.threads that one run may use; default 1
 */
export function graphLinearAlgebra({ threads = 1 }: { readonly threads?: number } = {}): GraphLinearAlgebra {
  const kernels = wasmLinearAlgebra();
  const sessions = new Sessions(threads);
  return {
    name: "graph",
    precision: "float32",
    synchronous: false,
    get workspaceBytes() {
      return kernels.workspaceBytes ?? 0;
    },
    graphs: () => sessions.compiled(),
    product: (...rounds) => {
      // Planned for its checks too.
      const inKernels = kernels.product(...rounds);
      return worthProductGraph(rounds)
        ? { run: refuse, runAsync: productGraph(rounds, sessions) }
        : asynchronous(inKernels);
    },
    gram: (tasks) => {
      const inKernels = kernels.gram(tasks);
      return worthGramGraph(tasks)
        ? { run: refuse, runAsync: gramGraph(tasks, sessions) }
        : asynchronous(inKernels);
    },
    symmetricEigen: (tasks) => asynchronous(kernels.symmetricEigen(tasks)),
    qr: (tasks) => asynchronous(kernels.qr(tasks)),
    inverseRoot: (tasks, settings) => {
      const operation = kernels.inverseRoot(tasks, settings);
      return { ...asynchronous(operation), reports: operation.reports };
    },
    orthogonalise: (tasks, settings) => {
      const exact = kernels.orthogonalise(tasks, settings);
      const { method, steps = 5, epsilon = 1e-7 } = settings;
      if (method === "svd") return asynchronous(exact);
      if (tasks.length === 0 || tasks.some(({ matrix }) => isEmpty(matrix))) return asynchronous(exact);
      const targets = tasks.map((task, index) => ({
        task,
        exact: kernels.orthogonalise([task], settings),
        graph: orthogonalised(`x${index}`, [task.matrix.rows, task.matrix.columns], method, steps, epsilon),
      }));
      return orthogonalise(targets, sessions);
    },
    release: () => sessions.release(),
  };
}

const refuse = (): never => {
  throw new SteepestError(
    "misuse",
    "linear algebra by ONNX Runtime is asynchronous",
    "Await runAsync(), or stepAsync() of an optimizer",
  );
};

const asynchronous = ({ runAsync }: Operation): Operation => ({ run: refuse, runAsync });

/** The array as float32: checked already, where the kernels planned the same tasks. */
const float32 = ({ values }: Matrix): Float32Array => {
  if (values instanceof Float32Array) return values;
  throw new Error("internal: an array of the other precision");
};

const isEmpty = ({ rows, columns }: Matrix): boolean => rows === 0 || columns === 0;

/** A matrix to orthogonalise, as a graph and by the kernels. */
interface Target {
  readonly task: OrthogonaliseTask;
  readonly exact: Operation;
  readonly graph: Orthogonalised;
}

function orthogonalise(targets: readonly Target[], sessions: Sessions): Operation {
  const outputs: Record<string, Tensor> = {};
  const feeds: Record<string, Float32Array> = {};
  const fetches: Record<string, Float32Array> = {};
  const results = targets.map(({ task: { matrix, result }, exact, graph }, index) => {
    feeds[`x${index}`] = float32(matrix);
    outputs[`y${index}`] = graph.result;
    outputs[`square${index}`] = graph.normSquared;
    const to = float32(result);
    // Before the norm is known to be fit, the matrix must not be overwritten.
    const from = overlap(result.values, matrix.values) ? new Float32Array(to.length) : to;
    const square = new Float32Array(1);
    fetches[`y${index}`] = from;
    fetches[`square${index}`] = square;
    return { from, to, square, exact };
  });
  const run = sessions.lazily({ outputs, feeds, fetches });
  return {
    run: refuse,
    runAsync: async () => {
      await run();
      for (const { from, to, square, exact } of results) {
        const [value = Number.NaN] = square;
        if (!(value >= leastSquare && value <= greatestSquare)) await exact.runAsync();
        else if (from !== to) to.set(from);
      }
    },
  };
}
