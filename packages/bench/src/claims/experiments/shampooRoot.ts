import {
  createOptimizer,
  type InverseRootSettings,
  type LinearAlgebra,
  type Matrix,
  parseOptimizerSpec,
  referenceLinearAlgebra,
  wasmLinearAlgebra,
} from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { growthExponent } from "../../statistics/regression.js";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { composed, distanceToIdentity, randomOrthonormal, spectrum, times } from "../problems/matrices.js";
import { countMultiplyAdds } from "../problems/multiplyAdds.js";
import { zeros } from "../problems/network.js";

type Method = InverseRootSettings["method"];

const methods = ["eigen", "coupledNewton"] as const satisfies readonly Method[];

const methodTitles = { eigen: "eigenvectors", coupledNewton: "coupled Newton" } as const;

/** Shampoo's exponent is −1/4 for a matrix. */
const root = 4;

/** How a root came out. */
interface Outcome {
  /** max|A X⁴ − I|, computed in float64. */
  readonly error: number;
  readonly iterations: number;
  readonly multiplyAdds: number;
  readonly milliseconds: number;
}

/**
 * A random symmetric matrix with eigenvalues falling geometrically from 1 to 1/condition, in the algebra's
 * precision.
 */
function randomFactor(algebra: LinearAlgebra, size: number, condition: number, seed: number): Matrix {
  const vectors = randomOrthonormal(size, size, randomStream(seed, "shampoo-root", size));
  const exact = composed(vectors, spectrum(size, condition), vectors);
  const matrix = zeros(algebra, size, size);
  matrix.values.set(exact.values);
  return matrix;
}

function takeRoot(algebra: LinearAlgebra, matrix: Matrix, method: Method, repeats = 1): Outcome {
  const result = zeros(algebra, matrix.rows, matrix.rows);
  const { algebra: counting, spent } = countMultiplyAdds(algebra);
  // Without a fallback: what is judged is the method itself.
  const operation = counting.inverseRoot([{ matrix, result, root }], {
    method,
    epsilon: 0,
    fallbackAbove: Infinity,
  });
  let milliseconds = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    operation.run();
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  const exact = ({ rows, columns, values }: Matrix) => ({ rows, columns, values: Float64Array.from(values) });
  const x = exact(result);
  const square = times(x, x);
  return {
    error: distanceToIdentity(times(exact(matrix), times(square, square))),
    iterations: operation.reports[0]?.iterations ?? 0,
    multiplyAdds: spent.roots / repeats,
    milliseconds,
  };
}

/**
 * The roots' share of the multiply-adds of a Shampoo step on a [size, size] weight, after `steps` random
 * gradients.
 */
function rootShare(size: number, method: Method, steps: number, seed: number): number {
  const { algebra, spent } = countMultiplyAdds(wasmLinearAlgebra());
  const optimizer = createOptimizer(
    parseOptimizerSpec(`shampoo:root=${method}`),
    [{ name: "w", shape: [size, size], role: "hiddenMatrix" }],
    { linearAlgebra: algebra },
  );
  const { normal } = randomStream(seed, "shampoo-root", "gradients");
  const gradient = optimizer.gradient("w");
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < gradient.length; i++) gradient[i] = normal();
    optimizer.step();
  }
  return spent.roots / (spent.roots + spent.grams + spent.products);
}

/** Gupta, Koren and Singer 2018; Anil et al. 2020, section 4. */
export const shampooRoot = defineClaim({
  name: "shampoo-root",
  title: "Shampoo's inverse roots are most of its cost, and can be taken by products alone",
  claim:
    "The inverse fourth roots cost more than everything else in a Shampoo step. The coupled Newton iteration takes them by matrix products alone, as accurately as is needed, like the eigendecomposition.",
  setting: ({ size, steps, conditions, needed }) =>
    `Multiply-adds of ${steps} steps of shampoo on a ${size}×${size} weight with normal gradients, roots by either method. Roots of random ${size}×${size} matrices with condition numbers from ${conditions[0]} to ${conditions.at(-1)}, without damping, in float32 and in float64: max|A X⁴ − I|, judged in float32 for condition numbers to ${needed}.`,
  seeds: 5,
  parameters: {
    size: 32,
    steps: 10,
    conditions: [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
    /** The largest condition number for which accuracy is judged. */
    needed: 1e4,
    /** Sizes at which costs are compared. */
    sizes: [16, 32, 64, 128],
  },
  holdsWhen: {
    share: {
      quantity: "share of the roots in the multiply-adds of a step, the smaller of both methods",
      holds: { above: 0.5 },
    },
    eigen: { quantity: "largest max|A X⁴ − I| by eigenvectors", holds: { below: 1e-3 }, scale: "log" },
    coupledNewton: {
      quantity: "largest max|A X⁴ − I| by coupled Newton",
      holds: { below: 1e-3 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, { size, steps, conditions, needed, sizes }) {
    const algebras = [wasmLinearAlgebra(), referenceLinearAlgebra];
    const variants = algebras.flatMap((algebra) => methods.map((method) => ({ algebra, method })));
    const shares: Record<Method, number[]> = { eigen: [], coupledNewton: [] };
    // By variant, then seed, then condition number.
    const outcomes: Outcome[][][] = variants.map(() => []);
    for (const [i, seed] of seeds.entries()) {
      for (const method of methods) shares[method].push(rootShare(size, method, steps, seed));
      for (const [place, { algebra, method }] of variants.entries()) {
        outcomes[place]?.push(
          conditions.map((condition) =>
            takeRoot(algebra, randomFactor(algebra, size, condition, seed), method),
          ),
        );
        await progress((0.7 * (i + (place + 1) / variants.length)) / seeds.length);
      }
    }
    const costs: { size: number; method: Method; outcome: Outcome }[] = [];
    const [fast = referenceLinearAlgebra] = algebras;
    for (const one of sizes)
      for (const method of methods) {
        costs.push({
          size: one,
          method,
          outcome: takeRoot(fast, randomFactor(fast, one, needed, 1), method, 10),
        });
        await progress(0.7 + (0.3 * costs.length) / (sizes.length * methods.length));
      }

    const of = (algebra: LinearAlgebra, method: Method) =>
      outcomes[variants.findIndex((variant) => variant.algebra === algebra && variant.method === method)] ??
      [];
    const worstNeeded = (method: Method) =>
      of(fast, method).map((run) =>
        Math.max(...run.filter((_, i) => (conditions[i] ?? 0) <= needed).map(({ error }) => error)),
      );
    const costsOf = (method: Method) => costs.filter((cost) => cost.method === method);
    const exponent = (method: Method) =>
      growthExponent(
        sizes,
        costsOf(method).map(({ outcome }) => outcome.milliseconds),
      );
    return {
      effects: {
        share: seeds.map((_, i) => Math.min(...methods.map((method) => shares[method][i] ?? Number.NaN))),
        eigen: worstNeeded("eigen"),
        coupledNewton: worstNeeded("coupledNewton"),
      },
      figures: methods.flatMap((method) => [
        figureOf(`share of the roots in a step, ${methodTitles[method]}`, shares[method]),
        figureOf(
          `the same with roots every 10 steps, ${methodTitles[method]}`,
          shares[method].map((share) => share / (share + 10 * (1 - share))),
        ),
        {
          name: `exponent of the measured time in the size, ${methodTitles[method]}`,
          value: exponent(method),
        },
      ]),
      charts: [
        {
          title: `Error of the inverse fourth root, ${size}×${size}`,
          x: { label: "condition number", log: true },
          y: { label: "max|A X⁴ − I|", log: true },
          series: variants.map(({ algebra, method }) =>
            seriesOf(
              `${methodTitles[method]}, ${algebra.precision}`,
              conditions,
              of(algebra, method).map((run) => run.map(({ error }) => error)),
              { dots: true },
            ),
          ),
          rules: [{ value: 1e-3, label: "needed" }],
        },
        {
          title: `Iterations of coupled Newton, ${size}×${size}`,
          x: { label: "condition number", log: true },
          y: { label: "iterations" },
          series: algebras.map((algebra) =>
            seriesOf(
              `${methodTitles.coupledNewton}, ${algebra.precision}`,
              conditions,
              of(algebra, "coupledNewton").map((run) => run.map(({ iterations }) => iterations)),
              { dots: true },
            ),
          ),
        },
      ],
      tables: [
        {
          title: `Cost of one root in float32, condition number ${needed}`,
          columns: ["size", "method", "iterations", "multiply-adds", "measured ms", "max|A X⁴ − I|"],
          rows: costs.map(
            ({ size: one, method, outcome: { iterations, multiplyAdds, milliseconds, error } }) => [
              ...[one, methodTitles[method], iterations, multiplyAdds, milliseconds, error],
            ],
          ),
        },
      ],
    };
  },
});
