import type { OrthogonaliseSettings, OrthogonaliseTask } from "../linearAlgebra.js";
import { normFactor, type Quintic, quintics } from "../quintic.js";
import { floatBytes, type Panels } from "./layout.js";
import {
  addToDiagonal,
  calls,
  fetch,
  multiplyPanels,
  pack,
  packTransposed,
  type Step,
  stage,
  stagingBytes,
  takePanels,
  unpack,
} from "./steps.js";
import { type Call, call, type Layout } from "./workspace.js";

/*
 * X ← (aI + bA + cA²)X with A = XXᵀ, in rounds: within a round X is not touched. All its steps are
 * polynomials of the round's first A, so they commute, and P = aI + bA + cA² takes A to PAP = P²A and the
 * polynomial R so far to PR, all symmetric; the round ends with X ← RX. A wide matrix so costs two products
 * with X a round instead of two a step. But the eigenvalues of A are the squares of singular values, and
 * rounding that A has at its start grows with them by a² a step: long rounds cost accuracy.
 */

type Iterative = Exclude<OrthogonaliseSettings["method"], "svd">;

/** Steps of one round for a wide matrix; a square one has nothing to gain, and rounds of one step. */
const longestRound = 5;

/** Newton–Schulz steps on one matrix. */
export function orthogonaliseSteps(
  { matrix, result }: OrthogonaliseTask,
  method: Iterative,
  steps: number,
  epsilon: number,
  layout: Layout,
): readonly Step[] {
  const { rows, columns } = matrix;
  const tall = rows > columns;
  const [m, n] = tall ? [columns, rows] : [rows, columns];
  const staging = layout.take(stagingBytes(rows, columns));
  const sumAddress = layout.take(8);
  // The matrix lies in `x`, its transpose in `turned`; the inner index of A's product is the longer extent.
  const x = takePanels(layout, rows, columns);
  const turned = takePanels(layout, columns, rows);
  const output = takePanels(layout, rows, columns);
  const long = tall ? x : turned;
  const split = () => [pack(staging, x), packTransposed(staging, turned)];
  const gram = takePanels(layout, m, m);
  const polynomial = new Polynomial(layout, gram, m);

  const all = quintics(method, steps);
  const round = m === n ? 1 : longestRound;
  const list: Step[] = [
    stage(matrix, staging),
    normalise(
      staging,
      stagingBytes(rows, columns) / floatBytes,
      sumAddress,
      normFactor(method),
      epsilon,
      split(),
    ),
  ];
  for (let from = 0; from < all.length; from += round) {
    if (from > 0) list.push(calls([unpack(output, staging), ...split()]));
    list.push(calls(multiplyPanels(long, long, gram, { symmetric: true })));
    const r = polynomial.compose(list, all.slice(from, from + round));
    list.push(calls(tall ? multiplyPanels(turned, r, output) : multiplyPanels(r, x, output)));
  }
  return [...list, fetch(all.length === 0 ? x : output, staging, result)];
}

/** Beyond these a factor, or what it multiplies, would not be a normal float32. */
const [leastFactor, greatestFactor] = [1e-30, 1e30];

/** Packs the staged numbers times 1/(factor · ‖X‖_F + ε). */
function normalise(
  staging: number,
  count: number,
  sumAddress: number,
  factor: number,
  epsilon: number,
  packing: readonly Call[],
): Step {
  const start = staging / floatBytes;
  const sum = call("sumOfSquares", [staging, sumAddress, count]);
  return (workspace) => {
    workspace.call(sum);
    const norm = Math.sqrt(workspace.doubles[sumAddress / 8] ?? 0);
    const divisor = factor * norm + epsilon;
    let scale = divisor === 0 ? 0 : 1 / divisor;
    if (scale !== 0 && !(scale >= leastFactor && scale <= greatestFactor)) {
      const { floats } = workspace;
      for (let i = start; i < start + count; i++) floats[i] = (floats[i] ?? 0) * scale;
      scale = 1;
    }
    for (const one of packing) {
      one.factors[0] = scale;
      workspace.call(one);
    }
  };
}

/** The product of a round's polynomials, and the matrices that it takes. */
class Polynomial {
  readonly #gram: Panels;
  readonly #size: number;
  readonly #p: Panels;
  readonly #product: Panels;
  readonly #r: readonly [Panels, Panels];

  constructor(layout: Layout, gram: Panels, size: number) {
    const take = () => takePanels(layout, size, size);
    this.#gram = gram;
    this.#size = size;
    this.#p = take();
    this.#product = take();
    this.#r = [take(), take()];
  }

  /** Appends the steps of a round; where they leave R. */
  compose(list: Step[], round: readonly Quintic[]): Panels {
    let [r, free] = this.#r;
    round.forEach(([a, b, c], index) => {
      const p = index === 0 ? r : this.#p;
      const square = { alpha: c, addend: { panels: this.#gram, factor: b }, symmetric: true };
      list.push(calls(multiplyPanels(this.#gram, this.#gram, p, square)), addToDiagonal(p, this.#size, a));
      if (index > 0) {
        list.push(calls(multiplyPanels(r, p, free, { symmetric: true })));
        [r, free] = [free, r];
      }
      if (index === round.length - 1) return;
      list.push(
        calls([
          ...multiplyPanels(p, this.#gram, this.#product, { symmetric: true }),
          ...multiplyPanels(p, this.#product, this.#gram, { symmetric: true }),
        ]),
      );
    });
    return r;
  }
}
