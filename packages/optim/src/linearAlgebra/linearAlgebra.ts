import type { Values } from "../backends/backend.js";

/**
 * A matrix in an array of rows · columns numbers, row after row. The array stays the caller's and is read or
 * filled in place.
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Values;
}

/** result = alpha · op(a) op(b) + beta · result. The result shares no memory with a or b. */
export interface ProductTask {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly result: Matrix;
  /** Read a as its transpose; default false. */
  readonly transposeA?: boolean;
  /** Read b as its transpose; default false. */
  readonly transposeB?: boolean;
  /** Default 1. */
  readonly alpha?: number;
  /** Default 0: what the result held does not matter, not even NaN. */
  readonly beta?: number;
}

/**
 * Factors of an accumulation. They are read at every run, so that a hyper-parameter may change between runs.
 */
export interface GramCoefficients {
  /** Of what the result held; where it is 0, that does not matter. */
  readonly decay: number;
  /** Of the new Gram matrix, ≥ 0. */
  readonly weight: number;
}

/**
 * result = decay · result + weight · A Aᵀ (`rows`: of A's rows) or Aᵀ A (`columns`); the result is symmetric
 * to the bit.
 */
export interface GramTask {
  readonly matrix: Matrix;
  readonly of: "rows" | "columns";
  readonly result: Matrix;
  readonly coefficients: GramCoefficients;
}

/**
 * matrix = vectors · diag(values) · vectorsᵀ, of a symmetric matrix of which the mean with its transpose is
 * taken.
 */
export interface SymmetricEigenTask {
  readonly matrix: Matrix;
  /** The eigenvalues. */
  readonly values: Values;
  /** The eigenvectors, one a column; may be the matrix itself. */
  readonly vectors: Matrix;
  /** Default ascending. */
  readonly order?: "ascending" | "descending";
}

/**
 * matrix = q · r with qᵀq = I and r upper triangular, for m ≥ n: q [m, n], r [n, n]. Signs as LAPACK leaves
 * them: a column's reflection makes r's diagonal entry the opposite sign of what it replaces.
 */
export interface QrTask {
  readonly matrix: Matrix;
  /** May be the matrix itself. */
  readonly q: Matrix;
  readonly r?: Matrix;
}

/** result = (matrix + damping · I)^(−1/root), for a symmetric positive semi-definite matrix. */
export interface InverseRootTask {
  readonly matrix: Matrix;
  readonly result: Matrix;
  /** p in the exponent −1/p: any number > 0 for `eigen`, an integer for `coupledNewton`. */
  readonly root: number;
}

/** How inverse roots are computed. */
export interface InverseRootSettings {
  /**
   * `eigen`: exact to rounding, as by symmetric eigendecomposition. `coupledNewton`: products alone (Higham,
   * Functions of Matrices, 2008, section 7.3): M₀ = zA, X₀ = z^(1/p) I with z = (p+1)/(2‖A‖_F); T = ((p+1)I −
   * M)/p; X ← XT, M ← TᵖM, until max|M − I| ≤ tolerance.
   */
  readonly method: "eigen" | "coupledNewton";
  /** ε of the damping, ≥ 0. */
  readonly epsilon: number;
  /**
   * `absolute` (default): damping is ε. `relative`: damping is ε · max(λ_max, 1e-6). Rounding a matrix of n
   * rows moves its eigenvalues by up to n·u·λ_max, u = 2⁻²⁴ in float32 and 2⁻⁵³ in float64: where the least
   * eigenvalue of the damped matrix is below that or below the damping, all are shifted up in `eigen` until
   * it is not. Without damping (ε = 0) directions below that are left out: they are zero in the root.
   */
  readonly damping?: "absolute" | "relative";
  /** Where `coupledNewton` ends; default 1e-6. */
  readonly tolerance?: number;
  /** Most iterations of `coupledNewton`; default 100. */
  readonly iterations?: number;
  /**
   * What follows where `coupledNewton` ends with an error above this: the root is taken by `eigen` instead.
   * Default 1e-3 in float32, 1e-6 in float64; Infinity never does, and leaves the judgement of the reported
   * error to the caller.
   */
  readonly fallbackAbove?: number;
}

/** How a root came out; overwritten by the next run. */
export interface InverseRootReport {
  /** The method whose result stands. */
  readonly method: "eigen" | "coupledNewton";
  /** Iterations of `coupledNewton`, also where its result was replaced. */
  readonly iterations: number;
  /**
   * `coupledNewton`: max|M − I| at its end or, where a fallback is allowed and that is larger, max|A Xᵖ − I|,
   * also where its result was replaced; 0 for `eigen` alone.
   */
  readonly error: number;
}

/**
 * result = the nearest matrix with orthonormal rows (columns where it is taller than wide): UVᵀ of matrix = U
 * diag(σ) Vᵀ, exactly or nearly. Zero stays zero.
 */
export interface OrthogonaliseTask {
  readonly matrix: Matrix;
  /** May be the matrix itself. */
  readonly result: Matrix;
}

/** How matrices are orthogonalised. */
export interface OrthogonaliseSettings {
  /**
   * `newtonSchulz`: X ← (aI + bA + cA²)X with A = XXᵀ and (a, b, c) = (3.4445, −4.7750, 2.0315), from
   * X/(‖X‖_F + ε) (Jordan et al., Muon, 2024): five steps bring singular values in [0.01, 1] of the start
   * into [0.68, 1.135], not to 1. `polarExpress`: the same step with the best coefficients for each step
   * (Amsel et al., arXiv 2505.16932). `svd`: exact; singular values below rounding count as zero.
   */
  readonly method: "newtonSchulz" | "polarExpress" | "svd";
  /** Steps of the first two; default 5. */
  readonly steps?: number;
  /**
   * ε beside the norm; default 1e-7. Inputs with a norm far below it come out smaller than orthonormal. `svd`
   * has none.
   */
  readonly epsilon?: number;
}

/** An operation with its shapes checked and its arrays bound. */
export interface Operation {
  /**
   * Computes; allocates nothing where the implementation says so.
   *
   * @throws SteepestError `misuse` where the implementation is asynchronous
   */
  run(): void;
  /** Computes, by every implementation. */
  runAsync(): Promise<void>;
}

/** Inverse roots, with a report for each task. */
export interface InverseRootOperation extends Operation {
  readonly reports: readonly InverseRootReport[];
}

/**
 * Dense linear algebra, handed to optimizers that work on matrices. Each method plans one operation over many
 * tasks, which the implementation may batch; tasks of one operation do not depend on each other. Finite
 * inputs never give NaN: of zeros, of rank one, huge or tiny, as long as the exact result can be represented.
 *
 * Every method throws SteepestError `shape-mismatch` for shapes that do not fit, `invalid-value` for settings
 * out of range or arrays of the other precision.
 */
export interface LinearAlgebra {
  readonly name: string;
  readonly precision: "float32" | "float64";
  /** Whether `run` works; `runAsync` always does. */
  readonly synchronous: boolean;
  /**
   * Bytes of the memory that all operations planned so far work in, beside the arrays that they are given;
   * absent where every run takes its own.
   */
  readonly workspaceBytes?: number;
  /**
   * Each list of `after` comes after those before it, whose results its tasks may read: what such a result's
   * own array holds afterwards is not defined.
   */
  product(tasks: readonly ProductTask[], ...after: readonly (readonly ProductTask[])[]): Operation;
  gram(tasks: readonly GramTask[]): Operation;
  symmetricEigen(tasks: readonly SymmetricEigenTask[]): Operation;
  qr(tasks: readonly QrTask[]): Operation;
  inverseRoot(tasks: readonly InverseRootTask[], settings: InverseRootSettings): InverseRootOperation;
  orthogonalise(tasks: readonly OrthogonaliseTask[], settings: OrthogonaliseSettings): Operation;
}
