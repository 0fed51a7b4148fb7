import type { InverseRootReport, LinearAlgebra, Operation } from "@steepest/optim";

/** Multiply-adds by what they were spent on. */
export interface MultiplyAdds {
  products: number;
  /** AAᵀ, of which only one half is computed: the other is its mirror image. */
  grams: number;
  /** Inverse roots, by whichever method. */
  roots: number;
}

/**
 * A symmetric eigendecomposition with vectors takes about 9 n³ operations (Golub, Van Loan, Matrix
 * Computations, 8.3).
 */
const eigenMultiplyAdds = (n: number): number => 4.5 * n ** 3;

/** Products of a power by squaring: its squarings, and one for each further binary digit that is 1. */
function productsOfPower(exponent: number): number {
  const digits = exponent.toString(2);
  return digits.length - 1 + (digits.match(/1/g) ?? []).length - 1;
}

/** Multiply-adds of one inverse root of size n, as its report says that it was taken. */
export function rootMultiplyAdds(n: number, root: number, { method, iterations }: InverseRootReport): number {
  // X T, T^p and T^p M in each iteration.
  const iterating = iterations * (productsOfPower(root) + 2) * n ** 3;
  // V diag(λ^(−1/p)) Vᵀ after the decomposition.
  return method === "eigen" ? iterating + eigenMultiplyAdds(n) + n ** 3 : iterating;
}

/** Linear algebra that counts the multiply-adds of its products, Gram matrices and inverse roots. */
export function countMultiplyAdds(algebra: LinearAlgebra): { algebra: LinearAlgebra; spent: MultiplyAdds } {
  const spent: MultiplyAdds = { products: 0, grams: 0, roots: 0 };
  const counted = (operation: Operation, count: () => void): Operation => ({
    run() {
      operation.run();
      count();
    },
    async runAsync() {
      await operation.runAsync();
      count();
    },
  });
  const sum = <Task>(tasks: readonly Task[], of: (task: Task, index: number) => number) =>
    tasks.reduce((total, task, index) => total + of(task, index), 0);
  return {
    spent,
    algebra: {
      ...algebra,
      product: (...rounds) =>
        counted(algebra.product(...rounds), () => {
          spent.products += sum(
            rounds.flat(),
            ({ a, result, transposeA }) =>
              result.rows * result.columns * (transposeA === true ? a.rows : a.columns),
          );
        }),
      gram: (tasks) =>
        counted(algebra.gram(tasks), () => {
          spent.grams += sum(
            tasks,
            ({ matrix, result: { rows } }) => (matrix.rows * matrix.columns * (rows + 1)) / 2,
          );
        }),
      inverseRoot: (tasks, settings) => {
        const operation = algebra.inverseRoot(tasks, settings);
        const count = () => {
          spent.roots += sum(tasks, ({ matrix, root }, i) => {
            const report = operation.reports[i];
            return report === undefined ? 0 : rootMultiplyAdds(matrix.rows, root, report);
          });
        };
        return { ...counted(operation, count), reports: operation.reports };
      },
    },
  };
}
