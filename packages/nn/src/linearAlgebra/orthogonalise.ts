import {
  add,
  constant,
  divide,
  input,
  matmul,
  multiply,
  reshape,
  slice,
  sqrt,
  sum,
  type Tensor,
} from "@steepest/graph";
import type { OrthogonaliseSettings, Quintic } from "@steepest/optim";
import { normFactor, quintics } from "@steepest/optim";

type Iterative = Exclude<OrthogonaliseSettings["method"], "svd">;

/*
 * X ← (aI + bA + cA²)X with A = XXᵀ. Every product here is one Gemm that adds a matrix too, with constants as
 * factors: with A = s·Ã, s a known number, aI + bA + cA² = a(I + κU), U = Ã + (cs/b)Ã² and κ = bs/a; the
 * factor a waits until the end. A step so costs a product for U, and one for each matrix that is multiplied
 * by I + κU; nothing is left to do element by element.
 */

/** Steps on the Gram matrix of a wide X before X itself is multiplied; longer rounds would lose accuracy. */
const longestRound = 5;

/** A matrix orthogonalised, and the square of its norm, by which to tell whether float32 held it. */
export interface Orthogonalised {
  readonly result: Tensor;
  readonly normSquared: Tensor;
}

/** Newton–Schulz steps on X [rows, columns] as a graph. */
export function orthogonalised(
  name: string,
  [rows, columns]: readonly [number, number],
  method: Iterative,
  steps: number,
  epsilon: number,
): Orthogonalised {
  const x = input(name, [rows, columns]);
  const side: Side = rows > columns ? "right" : "left";
  const size = Math.min(rows, columns);
  // ‖X‖_F² is the trace of XXᵀ.
  const gram = gramOf(x, side);
  const normSquared = sum(slice(reshape(gram, [size * size]), [0], [size * size], { steps: [size + 1] }));
  const scale = divide(1, add(multiply(sqrt(normSquared), normFactor(method)), epsilon));
  const normalised = { x, gram: multiply(gram, multiply(scale, scale)), scale, side };
  const all = quintics(method, steps);
  if (steps === 0) return { result: multiply(x, scale), normSquared };
  const result = rows === columns ? stepByStep(normalised, all) : inRounds(normalised, all, size);
  return { result, normSquared };
}

/** Where the Gram matrix multiplies X: the side of its smaller extent. */
type Side = "left" | "right";

/** A matrix, the factor that it is still to be multiplied by, and the Gram matrix of both. */
interface Normalised {
  readonly x: Tensor;
  readonly scale: Tensor;
  readonly gram: Tensor;
  readonly side: Side;
}

const gramOf = (x: Tensor, side: Side): Tensor =>
  matmul(x, x, side === "right" ? { transposeA: true } : { transposeB: true });

/** One step of s·Ã: what multiplies U, and U. */
function quinticOf(gram: Tensor, s: number, [a, b, c]: Quintic) {
  return { kappa: (b * s) / a, u: add(matmul(gram, gram, { scale: (c * s) / b }), gram) };
}

/** (I + κU)x, or x(I + κU). */
const applied = (x: Tensor, u: Tensor, kappa: number, side: Side = "left"): Tensor =>
  add(side === "left" ? matmul(u, x, { scale: kappa }) : matmul(x, u, { scale: kappa }), x);

/** Every step on X itself, which is best where it is square: three products a step. */
function stepByStep({ x: unscaled, gram, scale, side }: Normalised, all: readonly Quintic[]): Tensor {
  let x = multiply(unscaled, scale);
  let a = gram;
  let factor = 1;
  for (const [index, quintic] of all.entries()) {
    if (index > 0) a = gramOf(x, side);
    const { u, kappa } = quinticOf(a, factor ** 2, quintic);
    x = applied(x, u, kappa, side);
    factor *= quintic[0];
  }
  return multiply(x, factor);
}

/**
 * Rounds of steps on the Gram matrix, at the end of which X is multiplied by the product R of their
 * polynomials: all of them commute.
 */
function inRounds(start: Normalised, all: readonly Quintic[], size: number): Tensor {
  let { x, gram } = start;
  let scale: Tensor | number = start.scale;
  for (let from = 0; from < all.length; from += longestRound) {
    if (from > 0) gram = gramOf(x, start.side);
    const { r, factor } = composed(gram, all.slice(from, from + longestRound), size);
    const scaled = multiply(r, multiply(scale, factor));
    x = start.side === "left" ? matmul(scaled, x) : matmul(x, scaled);
    scale = 1;
  }
  return x;
}

/** R = factor · r of a round. */
function composed(gram: Tensor, round: readonly Quintic[], size: number) {
  let a = gram;
  let r: Tensor | undefined;
  let factor = 1;
  for (const [index, quintic] of round.entries()) {
    const { u, kappa } = quinticOf(a, factor ** 2, quintic);
    r = r === undefined ? add(multiply(u, kappa), identity(size)) : applied(r, u, kappa);
    if (index < round.length - 1) a = applied(applied(a, u, kappa), u, kappa);
    factor *= quintic[0];
  }
  return { r: r ?? identity(size), factor };
}

const identity = (size: number): Tensor =>
  constant(
    Float32Array.from({ length: size * size }, (_, place) => (place % (size + 1) === 0 ? 1 : 0)),
    [size, size],
  );
