import { createClosureOptimizer, parseOptimizerSpec } from "@steepest/optim";
import {
  classLabels,
  denseFeatures,
  type FiniteSum,
  leastSquares,
  linearTargets,
  logisticRegression,
} from "@steepest/workloads";
import { defineClaim } from "../claim.js";
import { figureOf, seriesOf } from "../findings.js";
import { type VectorOptimizer, vectorOptimizer } from "../vectorOptimizer.js";

interface Parameters {
  readonly count: number;
  readonly dimension: number;
  readonly iterations: number;
  /** Factors of the objective, ascending; the constant step belongs to factor 1. */
  readonly scales: readonly number[];
  /** The search by backtracking: one that may not shorten its step enough is a constant step. */
  readonly backtracking: string;
}

/** |∇f|² over its first value, from iteration 0 until it is solved or has exploded, and what it took. */
interface Descent {
  readonly decrease: readonly number[];
  readonly evaluations: number;
}

/** A squared gradient that has grown by it will not come back. */
const divergence = 1e12;
/**
 * A squared gradient that has shrunk by it is as good as zero: rounding would soon decide what happens next.
 */
const solved = 1e-12;

const squaredNorm = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0);

/** Iterates, `measure` filling the gradient each time, at most so often. */
function descend(
  gradient: ArrayLike<number>,
  iterations: number,
  iterate: () => number,
  measure: () => void,
): Descent {
  measure();
  const first = squaredNorm(gradient);
  const decrease = [1];
  let evaluations = 0;
  for (let k = 0; k < iterations; k++) {
    evaluations += iterate();
    measure();
    const ratio = squaredNorm(gradient) / first;
    decrease.push(ratio <= divergence ? Math.max(ratio, solved) : divergence);
    if (!(ratio <= divergence && ratio > solved)) break;
  }
  return { decrease, evaluations };
}

function constantStep(problem: FiniteSum, scale: number, step: number, iterations: number): Descent {
  const optimizer = vectorOptimizer(`gd:lr=${step}`, problem.dimension);
  const measure = (): void => scaledGradient(problem, scale, optimizer.x, optimizer.gradient);
  const iterate = (): number => {
    optimizer.step();
    return 1;
  };
  return descend(optimizer.gradient, iterations, iterate, measure);
}

function scaledGradient(
  problem: FiniteSum,
  scale: number,
  x: VectorOptimizer["x"],
  gradient: VectorOptimizer["gradient"],
): void {
  problem.gradient(x, gradient);
  gradient.forEach((value, j) => {
    gradient[j] = scale * value;
  });
}

function lineSearch(problem: FiniteSum, scale: number, spec: string, iterations: number): Descent {
  const { dimension } = problem;
  const optimizer = createClosureOptimizer(
    parseOptimizerSpec(spec),
    [{ name: "x", shape: [dimension], role: "other" }],
    { backend: "float64" },
  );
  const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
  const evaluate = (): number => {
    scaledGradient(problem, scale, x, gradient);
    return scale * problem.value(x);
  };
  return descend(gradient, iterations, () => optimizer.step(evaluate).evaluations, evaluate);
}

/** A least-squares problem and a regularised logistic regression on the same features. */
function problems({ count, dimension }: Parameters, seed: number): readonly FiniteSum[] {
  const features = denseFeatures({ count, dimension, conditionNumber: 10, seed });
  return [
    leastSquares(features, linearTargets(features, 0.1, seed)),
    logisticRegression(features, classLabels(features, seed), 0.02),
  ];
}

/** The largest curvature of f at zero, by the power method on differences of gradients. */
export function largestCurvature(problem: FiniteSum): number {
  const { dimension } = problem;
  const direction = Float64Array.from({ length: dimension }, (_, j) => 1 + j / dimension);
  const [at, beside] = [new Float64Array(dimension), new Float64Array(dimension)];
  problem.gradient(new Float64Array(dimension), at);
  let curvature = 0;
  const length = 1e-4;
  for (let k = 0; k < 300; k++) {
    const norm = Math.sqrt(squaredNorm(direction));
    direction.forEach((value, j) => {
      direction[j] = (length * value) / norm;
    });
    problem.gradient(direction, beside);
    direction.forEach((_, j) => {
      direction[j] = ((beside[j] ?? Number.NaN) - (at[j] ?? Number.NaN)) / length;
    });
    curvature = Math.sqrt(squaredNorm(direction));
  }
  return curvature;
}

/**
 * Gradient descent converges with a constant step that knows the problem, and with a line search that does
 * not.
 */
export const gdLineSearch = defineClaim({
  name: "gd-line-search",
  title: "A constant step or a line search",
  claim:
    "Gradient descent converges with a constant step size that suits the problem, or with a line search, which needs to know nothing of it.",
  setting: ({ count, dimension, iterations, scales }: Parameters) =>
    `Least squares and regularised logistic regression, ${count} samples in ${dimension} dimensions, multiplied by factors from ${scales[0]} to ${scales.at(-1)}. ${iterations} iterations with the constant step 1/L that suits the factor 1, and with backtracking and strong Wolfe line searches whose settings stay the same. Decided by the part of |∇f|² that is left (1e-12 counts as none), the worse of the two problems.`,
  seeds: 5,
  parameters: {
    count: 200,
    dimension: 20,
    iterations: 300,
    scales: [1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3],
    backtracking: "gd-backtracking:maximumStep=1e6",
  },
  holdsWhen: {
    constant: {
      quantity: "constant step 1/L, factor 1: |∇f|² that is left",
      holds: { below: 1e-6 },
      scale: "log",
    },
    backtracking: {
      quantity: "backtracking, worst factor: |∇f|² that is left",
      holds: { below: 1e-6 },
      scale: "log",
    },
    wolfe: {
      quantity: "strong Wolfe, worst factor: |∇f|² that is left",
      holds: { below: 1e-6 },
      scale: "log",
    },
    mistaken: {
      quantity: "the same constant step, worst factor: |∇f|² that is left",
      holds: { above: 1e-6 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { scales, iterations } = parameters;
    const methods = ["constant step", "backtracking", "strong Wolfe"] as const;
    type Method = (typeof methods)[number];
    const descent = (method: Method, problem: FiniteSum, scale: number, step: number): Descent => {
      if (method === "constant step") return constantStep(problem, scale, step, iterations);
      const spec = method === "backtracking" ? parameters.backtracking : "gd-wolfe";
      return lineSearch(problem, scale, spec, iterations);
    };
    /** [seed][problem][scale] */
    const runs: Readonly<Record<Method, (readonly (readonly Descent[])[])[]>> = {
      "constant step": [],
      backtracking: [],
      "strong Wolfe": [],
    };
    for (const [index, seed] of seeds.entries()) {
      const made = problems(parameters, seed);
      const steps = made.map((problem) => 1 / largestCurvature(problem));
      for (const [place, method] of methods.entries()) {
        const ofProblems: (readonly Descent[])[] = [];
        for (const [p, problem] of made.entries()) {
          const row: Descent[] = [];
          for (const scale of scales) {
            await progress(
              (index + (place + (p + row.length / scales.length) / made.length) / 3) / seeds.length,
            );
            row.push(descent(method, problem, scale, steps[p] ?? Number.NaN));
          }
          ofProblems.push(row);
        }
        runs[method].push(ofProblems);
      }
    }
    const left = ({ decrease }: Descent): number => decrease.at(-1) ?? Number.NaN;
    /** Per seed, the worst of the problems at each scale. */
    const leftAtScales = (method: Method): readonly (readonly number[])[] =>
      runs[method].map((ofProblems) =>
        scales.map((_, s) =>
          Math.max(...ofProblems.map((row) => left(row[s] ?? { decrease: [], evaluations: 0 }))),
        ),
      );
    const worst = (method: Method): readonly number[] => leftAtScales(method).map((row) => Math.max(...row));
    const one = scales.indexOf(1);
    const logistic = (method: Method): readonly (readonly number[])[] =>
      runs[method].map((ofProblems) => ofProblems.at(-1)?.[one]?.decrease ?? []);
    const longest = Math.max(...methods.flatMap((method) => logistic(method).map(({ length }) => length)));
    const evaluations = (method: Method): readonly number[] =>
      runs[method].map((ofProblems) => {
        const all = ofProblems.flat();
        return (
          all.reduce((sum, run) => sum + run.evaluations / Math.max(1, run.decrease.length - 1), 0) /
          all.length
        );
      });
    return {
      effects: {
        constant: leftAtScales("constant step").map((row) => row[one] ?? Number.NaN),
        backtracking: worst("backtracking"),
        wolfe: worst("strong Wolfe"),
        mistaken: worst("constant step"),
      },
      figures: [
        figureOf("evaluations of f and ∇f an iteration, backtracking", evaluations("backtracking")),
        figureOf("evaluations of f and ∇f an iteration, strong Wolfe", evaluations("strong Wolfe")),
      ],
      charts: [
        {
          title: "What is left of the gradient, whatever the scale of the problem",
          x: { label: "factor of the objective", log: true },
          y: { label: "|∇f|² at the end over the start", log: true, domain: [1e-13, 1e13] },
          series: methods.map((method) => seriesOf(method, scales, leftAtScales(method), { dots: true })),
          rules: [{ value: 1e-6, label: "converged" }],
        },
        {
          title: "On the way: logistic regression, factor 1",
          x: { label: "iterations" },
          y: { label: "|∇f|² over the start", log: true },
          series: methods.map((method) =>
            seriesOf(
              method,
              Array.from({ length: longest }, (_, k) => k),
              logistic(method),
            ),
          ),
        },
      ],
    };
  },
});
