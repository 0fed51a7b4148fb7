import type { Values } from "../../backends/backend.js";
import type { OrthogonaliseSettings } from "../linearAlgebra.js";
import { normFactor, type Quintic, quintics } from "../quintic.js";
import { frobeniusNorm, largest, multiply, transposed } from "./multiply.js";
import { polarFactor } from "./polarFactor.js";

/** The orthogonalised [m, n] matrix, in new memory. */
export function orthogonalise(
  matrix: Values,
  m: number,
  n: number,
  { method, steps, epsilon }: Required<OrthogonaliseSettings>,
): Float64Array {
  if (method === "svd") return polarFactor(matrix, m, n);
  if (m > n) {
    return transposed(orthogonalise(transposed(matrix, m, n), n, m, { method, steps, epsilon }), n, m);
  }
  let x = normalised(matrix, normFactor(method), epsilon);
  for (const quintic of quintics(method, steps)) x = step(x, m, n, quintic);
  return x;
}

/** X/(factor · ‖X‖_F + ε); both parts of the divisor are scaled, so that neither overflows. */
function normalised(matrix: Values, factor: number, epsilon: number): Float64Array {
  const scale = largest(matrix);
  if (scale === 0) return Float64Array.from(matrix);
  const scaled = Float64Array.from(matrix, (value) => value / scale);
  const divisor = factor * frobeniusNorm(scaled) + epsilon / scale;
  return scaled.map((value) => value / divisor);
}

/** (aI + bA + cA²)X with A = XXᵀ. */
function step(x: Float64Array, m: number, n: number, [a, b, c]: Quintic): Float64Array {
  const gram = new Float64Array(m * m);
  multiply({ m, k: n, n: m }, x, x, gram, { transposeB: true });
  const polynomial = gram.slice();
  multiply({ m, k: m, n: m }, gram, gram, polynomial, { alpha: c, beta: b });
  const next = x.slice();
  multiply({ m, k: m, n }, polynomial, x, next, { beta: a });
  return next;
}
