import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  classLabels,
  denseFeatures,
  gaussianFeatures,
  linearTargets,
  sparseFeatures,
  trueWeights,
  zipfFeatures,
} from "./generators.js";
import { type LinearModel, leastSquares, logisticRegression } from "./linearModels.js";
import { denseRows, type Rows, sparseRows } from "./rows.js";

const dense = denseFeatures({ count: 40, dimension: 6, conditionNumber: 100, seed: 1 });
const sparse = sparseFeatures({ count: 50, dimension: 12, entriesPerRow: 3, seed: 2 });

const problems: readonly (readonly [string, LinearModel])[] = [
  ["dense least squares", leastSquares(dense, linearTargets(dense, 0.1, 3))],
  ["sparse least squares, regularised", leastSquares(sparse, linearTargets(sparse, 0.1, 4), 0.3)],
  ["dense logistic regression, regularised", logisticRegression(dense, classLabels(dense, 5), 0.01)],
  ["sparse logistic regression", logisticRegression(sparse, classLabels(sparse, 6))],
];

const pointOf = ({ dimension }: LinearModel) =>
  fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: dimension, maxLength: dimension });

const fullGradient = (problem: LinearModel, x: readonly number[]): number[] => {
  const out = new Array<number>(problem.dimension).fill(Number.NaN);
  problem.gradient(x, out);
  return out;
};

const entries = (features: Rows): number[][] =>
  Array.from({ length: features.rows }, (_, i) => {
    const row = new Array<number>(features.columns).fill(0);
    features.addTo(i, 1, row);
    return row;
  });

/** AᵀA/n + λI as rows. */
function normalMatrix(features: Rows, regularisation = 0): number[][] {
  const rows = entries(features);
  return Array.from({ length: features.columns }, (_, i) =>
    Array.from(
      { length: features.columns },
      (_, j) =>
        rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / rows.length +
        (i === j ? regularisation : 0),
    ),
  );
}

/** The solution of a small linear system, by Gauss's elimination with pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    const rest = rows.slice(k).sort((a, b) => Math.abs(b[k] ?? 0) - Math.abs(a[k] ?? 0));
    rows.splice(k, size - k, ...rest);
    const pivot = rows[k] ?? [];
    for (const [i, row] of rows.entries()) {
      if (i === k) continue;
      const factor = (row[k] ?? 0) / (pivot[k] ?? 0);
      for (let j = k; j <= size; j++) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 0));
}

describe.each(problems)("%s", (_, problem) => {
  it("has the gradient that finite differences give", () => {
    fc.assert(
      fc.property(pointOf(problem), (x) => {
        for (const [i, slope] of fullGradient(problem, x).entries()) {
          const moved = (by: number) => problem.value(x.map((entry, j) => (i === j ? entry + by : entry)));
          const difference = (moved(1e-4) - moved(-1e-4)) / 2e-4;
          expect(Math.abs(slope - difference)).toBeLessThan(1e-6 * (1 + Math.abs(slope)));
        }
      }),
    );
  });

  it("has a full gradient that is the mean of the samples' gradients", () => {
    fc.assert(
      fc.property(pointOf(problem), (x) => {
        const mean = new Array<number>(problem.dimension).fill(0);
        const sample = new Array<number>(problem.dimension).fill(Number.NaN);
        for (let i = 0; i < problem.count; i++) {
          problem.sampleGradient(i, x, sample);
          for (const [j, entry] of sample.entries()) mean[j] = (mean[j] ?? 0) + entry / problem.count;
        }
        for (const [j, slope] of fullGradient(problem, x).entries()) {
          expect(Math.abs(slope - (mean[j] ?? Number.NaN))).toBeLessThan(1e-12 * (1 + Math.abs(slope)));
        }
      }),
    );
  });

  it("has mini-batches whose gradients are the mean of their samples'", () => {
    const batch = fc.array(fc.nat(problem.count - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pointOf(problem), batch, (x, samples) => {
        const out = new Array<number>(problem.dimension).fill(Number.NaN);
        const loss = problem.batchGradient(samples, x, out);
        const mean = new Array<number>(problem.dimension).fill(0);
        const sample = new Array<number>(problem.dimension).fill(Number.NaN);
        for (const i of samples) {
          problem.sampleGradient(i, x, sample);
          for (const [j, entry] of sample.entries()) mean[j] = (mean[j] ?? 0) + entry / samples.length;
        }
        for (const [j, slope] of out.entries())
          expect(Math.abs(slope - (mean[j] ?? Number.NaN))).toBeLessThan(1e-12 * (1 + Math.abs(slope)));
        // The mean over all samples is f, and so is the mean of the means of a partition.
        const all = Array.from({ length: problem.count }, (_, i) => i);
        expect(problem.batchGradient(all, x, out)).toBeCloseTo(problem.value(x), 10);
        const alone = samples.map((i) => problem.batchGradient([i], x, out));
        expect(loss).toBeCloseTo(alone.reduce((sum, value) => sum + value, 0) / samples.length, 10);
      }),
    );
  });

  it("has losses of predictions whose mean, with the regularisation, is its value", () => {
    fc.assert(
      fc.property(pointOf(problem), (x) => {
        const zero = new Array<number>(problem.dimension).fill(0);
        const unregularised = (point: readonly number[]) =>
          Array.from({ length: problem.count }, (_, i) => problem.loss(i, problem.predict(i, point))).reduce(
            (sum, loss) => sum + loss / problem.count,
            0,
          );
        expect(unregularised(zero)).toBeCloseTo(problem.value(zero), 12);
        const penalty = problem.value(x) - unregularised(x);
        expect(problem.value(x.map((entry) => -entry)) - unregularised(x.map((entry) => -entry))).toBeCloseTo(
          penalty,
          9,
        );
        expect(penalty).toBeGreaterThan(-1e-9);
      }),
    );
  });

  it("has samples whose gradients are as smooth as it says", () => {
    fc.assert(
      fc.property(pointOf(problem), pointOf(problem), fc.nat(problem.count - 1), (x, y, i) => {
        const [atX, atY] = [new Float64Array(problem.dimension), new Float64Array(problem.dimension)];
        problem.sampleGradient(i, x, atX);
        problem.sampleGradient(i, y, atY);
        const change = Math.hypot(...atX.map((slope, j) => slope - (atY[j] ?? Number.NaN)));
        const distance = Math.hypot(...x.map((entry, j) => entry - (y[j] ?? Number.NaN)));
        expect(change).toBeLessThanOrEqual(problem.smoothness * distance * (1 + 1e-9) + 1e-12);
      }),
    );
  });

  it("falls under gradient descent to where its gradient is zero", () => {
    const x = new Array<number>(problem.dimension).fill(0);
    const before = problem.value(x);
    const norm = () => Math.hypot(...fullGradient(problem, x));
    const start = norm();
    for (let k = 0; k < 2000; k++) {
      for (const [j, slope] of fullGradient(problem, x).entries()) {
        x[j] = (x[j] ?? Number.NaN) - slope / problem.smoothness;
      }
    }
    expect(problem.value(x)).toBeLessThan(before);
    expect(norm()).toBeLessThan(0.01 * start);
  });

  it("refuses a sample that it does not have", () => {
    const out = new Array<number>(problem.dimension).fill(0);
    for (const i of [-1, 0.5, problem.count])
      expect(() => problem.sampleGradient(i, out, out)).toThrow(/expected a sample/);
  });
});

describe("least squares", () => {
  it.each([
    ["dense", dense, 0],
    ["sparse", sparse, 0.3],
  ] as const)(
    "%s: has a zero gradient at the solution of the normal equations",
    (_, features, regularisation) => {
      const targets = linearTargets(features, 0.1, 7);
      const right = Array.from({ length: features.columns }, (_, j) =>
        entries(features).reduce(
          (sum, row, i) => sum + ((row[j] ?? 0) * (targets[i] ?? 0)) / features.rows,
          0,
        ),
      );
      const solution = solve(normalMatrix(features, regularisation), right);
      const problem = leastSquares(features, targets, regularisation);
      expect(Math.hypot(...fullGradient(problem, solution))).toBeLessThan(1e-12);
    },
  );

  it("without noise is solved by the true weights", () => {
    const problem = leastSquares(dense, linearTargets(dense, 0, 8));
    expect(problem.value(trueWeights(6, 8))).toBeLessThan(1e-25);
  });
});

describe("logistic regression", () => {
  it("does not overflow where predictions are huge", () => {
    const features = denseRows(2, 1, Float64Array.of(1e4, -1e4));
    const problem = logisticRegression(features, Float64Array.of(1, 1));
    expect(problem.value([1])).toBe(5000);
    expect(fullGradient(problem, [1])).toEqual([5000]);
    expect(fullGradient(problem, [0])).toEqual([0]);
  });
});

describe("denseFeatures", () => {
  it("have the condition number that was asked for", () => {
    // The eigenvalues are 100^(-k/5): compare the traces of AᵀA/n and of its square, and the determinant by
    // elimination.
    const matrix = normalMatrix(dense);
    const eigenvalues = Array.from({ length: 6 }, (_, k) => 100 ** (-k / 5));
    const sumOf = (power: number) => eigenvalues.reduce((sum, value) => sum + value ** power, 0);
    const trace = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
    const squares = matrix.flat().reduce((sum, value) => sum + value * value, 0);
    const inverseTrace = eigenvalues.reduce((sum, _, i) => {
      const unit = eigenvalues.map((_, j) => (i === j ? 1 : 0));
      return sum + (solve(matrix, unit)[i] ?? 0);
    }, 0);
    expect(trace).toBeCloseTo(sumOf(1), 12);
    expect(squares).toBeCloseTo(sumOf(2), 12);
    expect(inverseTrace).toBeCloseTo(sumOf(-1), 8);
  });

  it("and the targets are functions of the seed", () => {
    const again = denseFeatures({ count: 40, dimension: 6, conditionNumber: 100, seed: 1 });
    expect(entries(again)).toEqual(entries(dense));
    expect(linearTargets(again, 0.1, 3)).toEqual(linearTargets(dense, 0.1, 3));
    expect(linearTargets(again, 0.1, 4)).not.toEqual(linearTargets(dense, 0.1, 3));
  });

  it("refuse fewer samples than dimensions", () => {
    expect(() => denseFeatures({ count: 2, dimension: 3, conditionNumber: 1, seed: 0 })).toThrow(
      /found 2, 3 and 1/,
    );
  });
});

describe("gaussianFeatures", () => {
  const options = { count: 40_000, dimension: 4, conditionNumber: 30, seed: 5 };
  const eigenvalues = Array.from({ length: 4 }, (_, k) => 30 ** (-k / 3));
  const sumOf = (power: number) => eigenvalues.reduce((sum, value) => sum + value ** power, 0);

  it("have the spectrum that was asked for, in every part", () => {
    const all = entries(gaussianFeatures(options));
    for (const part of [all, all.slice(0, 20_000), all.slice(20_000)]) {
      const matrix = normalMatrix(denseRows(part.length, 4, Float64Array.from(part.flat())));
      const trace = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
      const squares = matrix.flat().reduce((sum, value) => sum + value * value, 0);
      const inverseTrace = eigenvalues.reduce(
        (sum, _, i) =>
          sum +
          (solve(
            matrix,
            [0, 1, 2, 3].map((j) => Number(i === j)),
          )[i] ?? 0),
        0,
      );
      // Five standard deviations of the trace, √(2 Σλ²/n); about as much for the others.
      const tolerance = 5 * Math.sqrt((2 * sumOf(2)) / part.length);
      expect(Math.abs(trace - sumOf(1))).toBeLessThan(tolerance);
      expect(Math.abs(squares - sumOf(2))).toBeLessThan(2 * tolerance);
      expect(Math.abs(inverseTrace / sumOf(-1) - 1)).toBeLessThan(5 * Math.sqrt(2 / part.length));
    }
    // Correlated: the axes are not those of the coordinates.
    const matrix = normalMatrix(gaussianFeatures(options));
    expect(Math.abs(matrix[0]?.[1] ?? 0)).toBeGreaterThan(0.01);
  });

  it("are scaled as a whole, and column by column within the spread", () => {
    const plain = entries(gaussianFeatures({ ...options, count: 10 }));
    const scaled = entries(gaussianFeatures({ ...options, count: 10, scale: 3, spread: 16 }));
    const factors = [0, 1, 2, 3].map((j) => (scaled[0]?.[j] ?? 0) / (plain[0]?.[j] ?? 0));
    for (const factor of factors) {
      expect(factor).toBeGreaterThan(3 / 4);
      expect(factor).toBeLessThan(3 * 4);
    }
    expect(new Set(factors).size).toBe(4);
    for (const [i, row] of scaled.entries())
      for (const [j, entry] of row.entries())
        expect(entry / (plain[i]?.[j] ?? 0)).toBeCloseTo(factors[j] ?? Number.NaN, 10);
  });

  it("refuse what cannot be drawn", () => {
    for (const wrong of [{ count: 0 }, { dimension: 0 }, { conditionNumber: 0.5 }, { spread: 0.5 }])
      expect(() => gaussianFeatures({ ...options, ...wrong })).toThrow(/expected/);
  });
});

describe("classLabels", () => {
  const features = denseRows(20_000, 1, new Float64Array(20_000).fill(1));

  it("are those of the logistic law", () => {
    const [weight = Number.NaN] = trueWeights(1, 9);
    expect(trueWeights(1, 9, 2)).toEqual(Float64Array.of(2 * weight));
    for (const deviation of [1, 2]) {
      const share =
        classLabels(features, 9, { deviation }).filter((label) => label === 1).length / features.rows;
      const expected = 1 / (1 + Math.exp(-deviation * weight));
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / 20_000));
    }
  });

  it("are flipped as often as asked, whatever they are", () => {
    const right = classLabels(features, 9);
    const flipped = classLabels(features, 9, { flipped: 0.2 });
    for (const label of [-1, 1]) {
      const of = right.map((value, i) => (value === label ? i : -1)).filter((i) => i >= 0);
      const share = of.filter((i) => flipped[i] === -label).length / of.length;
      expect(Math.abs(share - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / of.length));
    }
  });
});

describe("sparse rows", () => {
  it("have the number of entries that was asked for", () => {
    for (const row of entries(sparse)) expect(row.filter((entry) => entry !== 0)).toHaveLength(3);
    expect(() => sparseFeatures({ count: 1, dimension: 2, entriesPerRow: 3, seed: 0 })).toThrow(
      /1 to 2 entries/,
    );
  });

  it("of words follow Zipf's law", () => {
    const [count, dimension] = [20_000, 8];
    for (const exponent of [1, 2]) {
      const words = zipfFeatures({ count, dimension, entriesPerRow: 1, seed: 3, exponent });
      const seen = new Array<number>(dimension).fill(0);
      for (let i = 0; i < count; i++) words.addTo(i, 1, seen);
      const harmonic = seen.reduce((sum, _, j) => sum + (j + 1) ** -exponent, 0);
      for (const [j, times] of seen.entries()) {
        const expected = (j + 1) ** -exponent / harmonic;
        // Five standard deviations of a binomial share.
        expect(Math.abs(times / count - expected)).toBeLessThan(
          5 * Math.sqrt((expected * (1 - expected)) / count),
        );
      }
    }
    const bags = zipfFeatures({ count: 10, dimension, entriesPerRow: 3, seed: 3 });
    for (const row of entries(bags)) expect(row.filter((entry) => entry === 1)).toHaveLength(3);
    const scaled = entries(
      zipfFeatures({ count: 10, dimension, entriesPerRow: 3, seed: 3, scale: 5, spread: 4 }),
    );
    for (const [i, row] of entries(bags).entries()) {
      for (const [j, entry] of row.entries()) {
        const found = scaled[i]?.[j] ?? Number.NaN;
        expect(found === 0).toBe(entry === 0);
        if (found !== 0) expect(Math.abs(Math.log2(found / 5))).toBeLessThanOrEqual(1);
      }
    }
  });

  it("act as the same matrix stored whole", () => {
    const whole = denseRows(sparse.rows, sparse.columns, Float64Array.from(entries(sparse).flat()));
    const x = Array.from({ length: sparse.columns }, (_, j) => j - 5.5);
    for (let i = 0; i < sparse.rows; i++) {
      expect(sparse.dot(i, x)).toBeCloseTo(whole.dot(i, x), 12);
      expect(sparse.squaredNorm(i)).toBeCloseTo(whole.squaredNorm(i), 12);
    }
  });

  it("refuse parts that do not fit together", () => {
    const ints = (...values: number[]) => Int32Array.from(values);
    const values = Float64Array.of(1, 2);
    expect(sparseRows({ columns: 2, offsets: ints(0, 0, 2), columnOf: ints(0, 1), values }).rows).toBe(2);
    for (const [offsets, columnOf] of [
      [ints(0, 1), ints(0, 1)],
      [ints(1, 2), ints(0, 1)],
      [ints(0, 2, 1, 2), ints(0, 1)],
      [ints(0, 2), ints(0)],
      [ints(0, 2), ints(0, 2)],
      [ints(0, 2), ints(-1, 0)],
    ] as const) {
      expect(() => sparseRows({ columns: 2, offsets, columnOf, values })).toThrow(/sparse matrix/);
    }
    expect(() => denseRows(2, 2, values)).toThrow(/2 x 2: found 2/);
  });
});
