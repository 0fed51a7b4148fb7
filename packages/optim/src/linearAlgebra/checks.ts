import type { Values } from "../backends/backend.js";
import { SteepestError } from "../errors.js";
import type {
  GramTask,
  InverseRootSettings,
  InverseRootTask,
  LinearAlgebra,
  Matrix,
  OrthogonaliseSettings,
  OrthogonaliseTask,
  ProductTask,
  QrTask,
  SymmetricEigenTask,
} from "./linearAlgebra.js";

type Precision = LinearAlgebra["precision"];

function checkArray(what: string, values: Values, count: number, precision: Precision): void {
  const wanted = precision === "float32" ? Float32Array : Float64Array;
  if (!(values instanceof wanted)) {
    throw new SteepestError(
      "invalid-value",
      `${what} needs a ${wanted.name}, found ${values.constructor.name}`,
      `Use arrays of ${precision}, or linear algebra of the arrays' precision`,
    );
  }
  if (values.length !== count) {
    throw new SteepestError(
      "shape-mismatch",
      `${what} needs ${count} elements, found ${values.length}`,
      "Give rows · columns elements",
    );
  }
}

function checkMatrix(what: string, { rows, columns, values }: Matrix, precision: Precision): void {
  checkArray(`${what} [${rows}, ${columns}]`, values, rows * columns, precision);
}

function checkShape(what: string, matrix: Matrix, rows: number, columns: number, precision: Precision): void {
  if (matrix.rows !== rows || matrix.columns !== columns) {
    throw new SteepestError(
      "shape-mismatch",
      `${what} must be [${rows}, ${columns}], found [${matrix.rows}, ${matrix.columns}]`,
      "Give it the shape that follows from the other matrices",
    );
  }
  checkMatrix(what, matrix, precision);
}

function checkAtLeast(what: string, value: number, least: number, description: string): void {
  if (!(value >= least)) {
    throw new SteepestError("invalid-value", `${what} is ${value}`, `Give ${description}`);
  }
}

/** m, k, n of a product op(a) [m, k] · op(b) [k, n]. */
export interface ProductExtents {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Checks a product; its extents. */
export function checkProduct(task: ProductTask, precision: Precision): ProductExtents {
  const { a, b, result } = task;
  checkMatrix("product: a", a, precision);
  checkMatrix("product: b", b, precision);
  const [m, k] = task.transposeA === true ? [a.columns, a.rows] : [a.rows, a.columns];
  const [inner, n] = task.transposeB === true ? [b.columns, b.rows] : [b.rows, b.columns];
  if (inner !== k) {
    throw new SteepestError(
      "shape-mismatch",
      `product: op(a) is [${m}, ${k}] and op(b) is [${inner}, ${n}]`,
      "Columns of op(a) and rows of op(b) must be equal in number",
    );
  }
  checkShape("product: the result", result, m, n, precision);
  return { m, k, n };
}

/** Checks a Gram accumulation; the result's size and the extent summed over. */
export function checkGram(
  task: GramTask,
  precision: Precision,
): { readonly size: number; readonly inner: number } {
  const { matrix, result } = task;
  checkMatrix("gram: the matrix", matrix, precision);
  const [size, inner] = task.of === "rows" ? [matrix.rows, matrix.columns] : [matrix.columns, matrix.rows];
  checkShape("gram: the result", result, size, size, precision);
  return { size, inner };
}

/** Checks an eigendecomposition; the matrix's size. */
export function checkSymmetricEigen(task: SymmetricEigenTask, precision: Precision): number {
  const size = task.matrix.rows;
  checkShape("symmetricEigen: the matrix", task.matrix, size, size, precision);
  checkArray("symmetricEigen: values", task.values, size, precision);
  checkShape("symmetricEigen: vectors", task.vectors, size, size, precision);
  return size;
}

export function checkQr(task: QrTask, precision: Precision): void {
  const { rows, columns } = task.matrix;
  if (rows < columns) {
    throw new SteepestError(
      "shape-mismatch",
      `qr: the matrix is [${rows}, ${columns}], wider than tall`,
      "Give one with at least as many rows as columns",
    );
  }
  checkMatrix("qr: the matrix", task.matrix, precision);
  checkShape("qr: q", task.q, rows, columns, precision);
  if (task.r !== undefined) checkShape("qr: r", task.r, columns, columns, precision);
}

/** Settings with every default filled in. */
/** Every setting, and the unit roundoff of the matrices' numbers. */
export type FullInverseRootSettings = Required<InverseRootSettings> & { readonly roundoff: number };

/** Half the distance from 1 to the next number. */
const roundoffs = { float32: 2 ** -24, float64: 2 ** -53 } as const;

export function checkInverseRoots(
  tasks: readonly InverseRootTask[],
  settings: InverseRootSettings,
  precision: Precision,
): FullInverseRootSettings {
  for (const { matrix, result, root } of tasks) {
    checkShape("inverseRoot: the matrix", matrix, matrix.rows, matrix.rows, precision);
    checkShape("inverseRoot: the result", result, matrix.rows, matrix.rows, precision);
    const fits =
      settings.method === "eigen" ? root > 0 && root < Infinity : root >= 1 && Number.isInteger(root);
    if (!fits) {
      throw new SteepestError(
        "invalid-value",
        `inverseRoot: root is ${root} with method "${settings.method}"`,
        'Give an integer >= 1, or any number > 0 with method "eigen"',
      );
    }
  }
  const full = {
    damping: "absolute",
    tolerance: 1e-6,
    iterations: 100,
    fallbackAbove: precision === "float32" ? 1e-3 : 1e-6,
    roundoff: roundoffs[precision],
    ...settings,
  } as const;
  checkAtLeast("inverseRoot: epsilon", full.epsilon, 0, "a number >= 0");
  checkAtLeast("inverseRoot: tolerance", full.tolerance, 0, "a number >= 0");
  checkAtLeast("inverseRoot: iterations", full.iterations, 1, "at least 1");
  checkAtLeast("inverseRoot: fallbackAbove", full.fallbackAbove, 0, "a number >= 0, or Infinity for never");
  return full;
}

export function checkOrthogonalise(
  tasks: readonly OrthogonaliseTask[],
  settings: OrthogonaliseSettings,
  precision: Precision,
): Required<OrthogonaliseSettings> {
  for (const { matrix, result } of tasks) {
    checkMatrix("orthogonalise: the matrix", matrix, precision);
    checkShape("orthogonalise: the result", result, matrix.rows, matrix.columns, precision);
  }
  const full = { steps: 5, epsilon: 1e-7, ...settings };
  if (!Number.isInteger(full.steps)) {
    throw new SteepestError("invalid-value", `orthogonalise: steps is ${full.steps}`, "Give an integer >= 0");
  }
  checkAtLeast("orthogonalise: steps", full.steps, 0, "an integer >= 0");
  checkAtLeast("orthogonalise: epsilon", full.epsilon, 0, "a number >= 0");
  return full;
}
