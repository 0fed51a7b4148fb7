import {
  elementCount,
  formatOptimizerSpec,
  type LinearAlgebra,
  type Operation,
  type OptimizerSpec,
  optimizerOf,
  type ParameterSpec,
  parseOptimizerSpec,
  planOperations,
} from "@steepest/optim";
import type { RunConfiguration } from "./configuration.js";

/** Refreshes that cost more than this many gradients are worth a word before training. */
const dearInGradients = 4;

/** Of a dense layer's parameter in one example's gradient: 2 operations forward, 4 backward. */
const operationsOfUse = 6;

/*
 * Operations on a square matrix of size n, in n³ (Golub, Van Loan: Matrix Computations, 2013, sections 5.2
 * and 8.3): all eigenvalues and vectors 9; an inverse root those and a symmetric product; QR with its Q 8/3,
 * after the product that it is taken of.
 */
const operationsOf = { eigen: 9, root: 10, qr: 2 + 8 / 3 } as const;

/**
 * What a matrix method will spend a step, on average, on roots, eigenvectors and bases: operations counted
 * from shapes, block size and frequency; 0 for other methods.
 */
export function refreshOperations(spec: OptimizerSpec, parameters: readonly ParameterSpec[]): number {
  const entry = optimizerOf(spec);
  if (entry.kind !== "matrix") return 0;
  const counter = countingAlgebra();
  planOperations(spec, parameters, counter.algebra);
  return counter.operations() / (entry.choose(spec).hyper.frequency ?? 1);
}

/**
 * What is to be said of refreshes that will take most of a run's time: what they cost, and what to write for
 * less.
 *
 * @param exampleOperations - of one example's gradient; default: each parameter is used once, in dense layers
 */
export function dearRefreshes(
  { optimizer, batchSize }: Pick<RunConfiguration, "optimizer" | "batchSize">,
  parameters: readonly ParameterSpec[],
  exampleOperations: number = operationsOfUse *
    parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0),
): readonly string[] {
  const gradient = exampleOperations * batchSize;
  const spec = parseOptimizerSpec(optimizer);
  const cost = refreshOperations(spec, parameters);
  if (cost <= dearInGradients * gradient) return [];
  const said = `Roots and bases of ${optimizer} take about ${described(cost, gradient)} (counted from the shapes)`;
  const candidates = cheaper(spec).map((each) => ({ each, cost: refreshOperations(each, parameters) }));
  const best = candidates.find((one) => one.cost <= dearInGradients * gradient) ?? candidates.at(-1);
  if (best === undefined || best.cost >= cost) return [said];
  return [`${said}. ${formatOptimizerSpec(best.each)} takes about ${described(best.cost, gradient)}`];
}

const described = (operations: number, gradient: number): string =>
  `${twoDigits(operations / 1e6)} million operations a step, ${twoDigits(operations / gradient)} times the gradient's`;

const twoDigits = (value: number): string => Number(value.toPrecision(2)).toLocaleString("en-US");

/** The same method, or the one of its family that has blocks, at less and less cost. */
function cheaper(spec: OptimizerSpec): readonly OptimizerSpec[] {
  const { lr } = spec.hyper;
  // Shampoo as the lecture writes it has neither blocks nor a frequency.
  const base: OptimizerSpec =
    spec.name === "shampoo"
      ? { name: "distributed-shampoo", hyper: lr === undefined ? {} : { lr }, options: {} }
      : spec;
  const { hyper } = optimizerOf(base).choose(base);
  const at = (frequency: number, blockSize: number): OptimizerSpec => ({
    ...base,
    hyper: {
      ...base.hyper,
      ...(hyper.frequency === undefined ? {} : { frequency: Math.max(frequency, hyper.frequency) }),
      ...(hyper.blockSize === undefined ? {} : { blockSize: Math.min(blockSize, hyper.blockSize) }),
    },
  });
  return hyper.frequency === undefined ? [] : [at(10, Number.POSITIVE_INFINITY), at(10, 128), at(100, 128)];
}

/** Linear algebra that computes nothing and counts what its decompositions would cost once. */
function countingAlgebra(): { readonly algebra: LinearAlgebra; readonly operations: () => number } {
  const counts = { eigen: 0, root: 0, qr: 0 };
  const idle: Operation = { run: () => {}, runAsync: async () => {} };
  const count = (
    kind: keyof typeof counts,
    tasks: readonly { readonly matrix: { readonly rows: number } }[],
  ) => {
    for (const { matrix } of tasks) counts[kind] += operationsOf[kind] * matrix.rows ** 3;
    return idle;
  };
  return {
    algebra: {
      ...{ name: "counting", precision: "float64", synchronous: true },
      ...{ product: () => idle, gram: () => idle, orthogonalise: () => idle },
      symmetricEigen: (tasks) => count("eigen", tasks),
      qr: (tasks) => count("qr", tasks),
      inverseRoot: (tasks) => ({
        ...count("root", tasks),
        reports: tasks.map(() => ({ method: "eigen", iterations: 0, error: 0 })),
      }),
    },
    // Where there is a QR, it turns what an eigendecomposition gave at the first step alone.
    operations: () => counts.qr + counts.root + (counts.qr > 0 ? 0 : counts.eigen),
  };
}
