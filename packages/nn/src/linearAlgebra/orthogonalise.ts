import { add, constant, divide, input, matmul, multiply, sqrt, sum, type Tensor } from "@steepest/graph";
import type { OrthogonaliseSettings, Quintic } from "@steepest/optim";
import { normFactor, quintics } from "@steepest/optim";

type Iterative = Exclude<OrthogonaliseSettings["method"], "svd">;

/** Steps on the Gram matrix before X itself is multiplied; a square X gains nothing by more than one. */
const longestRound = 5;

/** A matrix orthogonalised, and the square of its norm, by which to tell whether float32 held it. */
export interface Orthogonalised {
  readonly result: Tensor;
  readonly normSquared: Tensor;
}

/** Newton–Schulz steps on X [rows, columns] as a graph; within a round all is polynomials of one Gram matrix. */
export function orthogonalised(
  name: string,
  [rows, columns]: readonly [number, number],
  method: Iterative,
  steps: number,
  epsilon: number,
): Orthogonalised {
  const tall = rows > columns;
  const size = Math.min(rows, columns);
  let x: Tensor = input(name, [rows, columns]);
  const gramOf = (of: Tensor) => matmul(of, of, tall ? { transposeA: true } : { transposeB: true });
  const apply = (r: Tensor) => (tall ? matmul(x, r) : matmul(r, x));

  // ‖X‖_F² is the trace of XXᵀ; dividing by the norm waits for matrices of the smaller extent.
  const gram = gramOf(x);
  const normSquared = sum(multiply(gram, diagonal(size, 1)));
  const scale = divide(1, add(multiply(sqrt(normSquared), normFactor(method)), epsilon));
  let a = multiply(gram, multiply(scale, scale));
  let factor: Tensor | undefined = scale;
  const all = quintics(method, steps);
  const length = rows === columns ? 1 : longestRound;
  for (let from = 0; from < all.length; from += length) {
    if (from > 0) a = gramOf(x);
    const r = composed(a, size, all.slice(from, from + length));
    x = apply(factor === undefined ? r : multiply(r, factor));
    factor = undefined;
  }
  return { result: factor === undefined ? x : multiply(x, factor), normSquared };
}

const diagonal = (size: number, value: number): Tensor =>
  constant(
    Float32Array.from({ length: size * size }, (_, place) => (place % (size + 1) === 0 ? value : 0)),
    [size, size],
  );

/** The product of a round's polynomials aI + bA + cA², each of the A that the ones before lead to. */
function composed(gram: Tensor, size: number, round: readonly Quintic[]): Tensor {
  let a = gram;
  let r: Tensor | undefined;
  for (const [index, [constantTerm, linear, quadratic]] of round.entries()) {
    const square = matmul(a, a, { scale: quadratic });
    const p = add(add(multiply(a, linear), square), diagonal(size, constantTerm));
    r = r === undefined ? p : matmul(r, p);
    if (index < round.length - 1) a = matmul(matmul(a, p), p);
  }
  return r ?? diagonal(size, 1);
}
