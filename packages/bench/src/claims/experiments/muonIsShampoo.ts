import { createOptimizer, type Matrix, parseOptimizerSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import { mean } from "../../statistics/descriptive.js";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { composed, distance, randomOrthonormal, spectrum, times } from "../problems/matrices.js";

/** G = U diag(values) Vᵀ, made from its factors, so that UVᵀ is known. */
interface Gradient {
  readonly u: Matrix;
  readonly values: readonly number[];
  readonly v: Matrix;
}

function randomGradient(rows: number, columns: number, condition: number, seed: number): Gradient {
  const stream = randomStream(seed, "muon-is-shampoo", rows, columns);
  const rank = Math.min(rows, columns);
  return {
    u: randomOrthonormal(rows, rank, stream),
    values: spectrum(rank, condition),
    v: randomOrthonormal(columns, rank, stream),
  };
}

/** Where an optimizer's first step of size 1 goes: what it makes of the gradient. */
function directionOf(method: string, { u, values, v }: Gradient): Matrix {
  const { rows } = u;
  const { rows: columns } = v;
  const spec = parseOptimizerSpec(method);
  const optimizer = createOptimizer(
    { ...spec, hyper: { ...spec.hyper, lr: 1 } },
    [{ name: "w", shape: [rows, columns], role: "hiddenMatrix" }],
    { backend: "float64" },
  );
  optimizer.gradient("w").set(composed(u, values, v).values);
  optimizer.step();
  return { rows, columns, values: Float64Array.from(optimizer.parameter("w"), (value) => -value) };
}

/** ‖direction − UVᵀ‖ over ‖UVᵀ‖. */
function distanceToPolar(direction: Matrix, { u, v, values }: Gradient): number {
  const polar = times(u, v, { transposeB: true });
  return distance(direction.values, polar.values) / Math.sqrt(values.length);
}

/**
 * Uᵀ D V: diagonal where D has the singular vectors of the gradient, its diagonal then D's singular values.
 */
function inSingularBasis(direction: Matrix, { u, v }: Gradient): Matrix {
  return times(times(u, direction, { transposeA: true }), v);
}

const diagonalOf = ({ rows, columns, values }: Matrix): readonly number[] =>
  Array.from({ length: rows }, (_, i) => values[i * columns + i] ?? Number.NaN);

/** What the methods make of one gradient. */
function compare(gradient: Gradient, methods: { shampoo: string; exact: string; iterated: string }) {
  const iterated = inSingularBasis(directionOf(methods.iterated, gradient), gradient);
  const singular = diagonalOf(iterated);
  const diagonal = new Float64Array(iterated.values.length);
  for (const [i, value] of singular.entries()) diagonal[i * iterated.columns + i] = value;
  return {
    shampoo: distanceToPolar(directionOf(methods.shampoo, gradient), gradient),
    exact: distanceToPolar(directionOf(methods.exact, gradient), gradient),
    iterated: Math.max(...singular.map((value) => Math.abs(value - 1))),
    cosine: mean(singular) / Math.sqrt(mean(singular.map((value) => value ** 2))),
    outside: distance(iterated.values, diagonal),
    singular,
  };
}

/** The derivation in Bernstein and Newhouse 2024, "Old optimizer, new norm", and Jordan et al. 2024. */
export const muonIsShampoo = defineClaim({
  name: "muon-is-shampoo",
  title: "Muon is Shampoo without accumulation",
  claim:
    "With the statistics of one gradient G = U S Vᵀ alone, Shampoo's direction (GGᵀ)^(−1/4) G (GᵀG)^(−1/4) is UVᵀ: Muon's, which five steps of Newton–Schulz approximate.",
  setting: ({ shapes, condition, methods }) =>
    `Random gradients of the shapes ${shapes.map((shape) => shape.join("×")).join(", ")} with condition number ${condition} and known U and V; one step of size 1 by each of ${Object.values(methods).join("; ")}, in float64. Distances are ‖D − UVᵀ‖ / ‖UVᵀ‖, the largest over the shapes.`,
  seeds: 8,
  parameters: {
    shapes: [
      [16, 16],
      [12, 40],
      [40, 12],
      [1, 8],
    ] as readonly (readonly [number, number])[],
    // Divided by their norm, the singular values stay in [0.01, 1], for which five steps are meant.
    condition: 30,
    methods: {
      shampoo: "shampoo:beta=0,eps=0",
      exact: "muon:method=svd,momentum=0,nesterov=false,scale=none",
      iterated: "muon:momentum=0,nesterov=false,scale=none",
    },
  },
  holdsWhen: {
    shampoo: { quantity: "distance of Shampoo's direction from UVᵀ", holds: { below: 1e-6 }, scale: "log" },
    exact: {
      quantity: "distance of Muon's direction with an exact decomposition from UVᵀ",
      holds: { below: 1e-6 },
      scale: "log",
    },
    iterated: {
      quantity: "largest |σ − 1| of the singular values of Muon's direction by Newton–Schulz",
      holds: { below: 0.33 },
    },
  },
  async run({ seeds, progress }, { shapes, condition, methods }) {
    const runs: ReturnType<typeof compare>[][] = [];
    for (const seed of seeds) {
      runs.push(
        shapes.map(([rows, columns]) => compare(randomGradient(rows, columns, condition, seed), methods)),
      );
      await progress(runs.length / seeds.length);
    }
    const worst = (of: (one: ReturnType<typeof compare>) => number) =>
      runs.map((run) => Math.max(...run.map(of)));
    const first = shapes[0] ?? [1, 1];
    const values = spectrum(Math.min(...first), condition).toReversed();
    const norm = Math.hypot(...values);
    const x = values.map((value) => value / norm);
    const singularOf = runs.map(([run]) => run?.singular.toReversed() ?? []);
    return {
      effects: {
        shampoo: worst((one) => one.shampoo),
        exact: worst((one) => one.exact),
        iterated: worst((one) => one.iterated),
      },
      figures: [
        figureOf(
          "cosine of Newton–Schulz's direction and UVᵀ, smallest over the shapes",
          runs.map((run) => Math.min(...run.map(({ cosine }) => cosine))),
        ),
        figureOf(
          "part of Newton–Schulz's direction outside the gradient's singular vectors",
          worst(({ outside }) => outside),
        ),
      ],
      charts: [
        {
          title: `Singular values of the direction, ${first.join("×")}`,
          x: { label: "singular value of the gradient over its norm", log: true },
          y: { label: "singular value of the direction" },
          series: [
            { name: "gradient", x, y: x },
            seriesOf("Newton–Schulz, five steps", x, singularOf, { dots: true }),
          ],
          rules: [{ value: 1, label: "Shampoo, UVᵀ" }],
        },
      ],
    };
  },
});
