import { describe, expect, it } from "vitest";
import {
  distance,
  identity,
  largestOf,
  matrix,
  noise,
  spectrum,
  symmetricWith,
  transpose,
} from "../../test/matrices.js";
import { checkInverseRoots } from "./checks.js";
import type { Matrix } from "./linearAlgebra.js";
import { inverseRoot } from "./reference/inverseRoot.js";
import { referenceLinearAlgebra } from "./reference/reference.js";
import { wasmLinearAlgebra } from "./wasm/wasmLinearAlgebra.js";

const wasm = wasmLinearAlgebra();
/** 2⁻²³, what float32 can promise of a result of size 1, times what a few hundred sums add to it. */
const rounding = 2 ** -23;

/** Sizes about the edges of blocks, strips and panels. */
const sizes = [1, 2, 3, 4, 5, 63, 64, 65, 128, 257];

const spectra: Readonly<Record<string, (n: number) => readonly number[]>> = {
  "condition 1": (n) => Array(n).fill(1),
  "condition 1e4": (n) => spectrum(n, 1e4),
  "condition 1e8": (n) => spectrum(n, 1e8),
  clustered: (n) => Array.from({ length: n }, (_, i) => 1 + (i % 4) + 1e-7 * i),
  repeated: (n) => Array.from({ length: n }, (_, i) => 1 + (i % 3)),
  "rank one": (n) => Array.from({ length: n }, (_, i) => (i === 0 ? 3 : 0)),
  zero: (n) => Array(n).fill(0),
  huge: (n) => spectrum(n, 1e4).map((value) => value * 1e37),
  tiny: (n) => spectrum(n, 1e2).map((value) => value * 1e-36),
};
const cases = Object.entries(spectra).flatMap(([name, values]) =>
  sizes
    .filter((n) => n < 128 || name === "condition 1e4" || (n < 200 && name === "repeated"))
    .map((n) => [name, n, values(n)] as const),
);

const scaledColumns = (of: Matrix, factors: ArrayLike<number>): Matrix => ({
  ...of,
  values: Float64Array.from(of.values, (value, place) => value * (factors[place % of.columns] ?? 0)),
});
/** By the reference, in float64: the definition takes too long at these sizes. */
function times(a: Matrix, b: Matrix): Matrix {
  const [left, right] = [a, b].map((of) => ({ ...of, values: Float64Array.from(of.values) }));
  const result = { rows: a.rows, columns: b.columns, values: new Float64Array(a.rows * b.columns) };
  referenceLinearAlgebra.product([{ a: left ?? a, b: right ?? b, result }]).run();
  return result;
}
const orthonormality = (q: Matrix): number => distance(times(transpose(q), q), identity(q.columns));

describe("float32 decompositions", () => {
  it.each(cases)("eigenvectors: %s, size %i", (_name, n, eigenvalues) => {
    const of = symmetricWith(wasm, eigenvalues);
    const values = new Float32Array(n);
    const vectors = matrix(wasm, n, n);
    wasm.symmetricEigen([{ matrix: of, values, vectors }]).run();
    const scale = Math.max(largestOf(of.values), 1e-300);
    expect(orthonormality(vectors)).toBeLessThan(4 * rounding);
    expect(distance(times(scaledColumns(vectors, values), transpose(vectors)), of) / scale).toBeLessThan(
      8 * rounding,
    );
    const expected = new Float64Array(n);
    const exact = { ...of, values: Float64Array.from(of.values) };
    referenceLinearAlgebra.symmetricEigen([{ matrix: exact, values: expected, vectors: exact }]).run();
    // Eigenvalues are those of the float64 reference, rounded: also the small ones, to what is left of the
    // largest.
    values.forEach((value, i) => {
      const found = Math.abs(value - (expected[i] ?? Number.NaN));
      expect(found).toBeLessThanOrEqual(rounding * Math.abs(expected[i] ?? 0) + 1e-13 * scale + 1e-45);
    });
  });

  it.each(cases)("q and r: %s, size %i", (_name, n, eigenvalues) => {
    const of = symmetricWith(wasm, eigenvalues);
    const [q, r] = [matrix(wasm, n, n), matrix(wasm, n, n)];
    wasm.qr([{ matrix: of, q, r }]).run();
    const scale = Math.max(largestOf(of.values), 1e-300);
    expect(orthonormality(q)).toBeLessThan(16 * rounding);
    expect(distance(times(q, r), of) / scale).toBeLessThan(16 * rounding);
    const below = r.values.filter((_, at) => at % n < Math.floor(at / n));
    expect(below.every((value) => Object.is(value, 0))).toBe(true);
  });

  it("q and r of columns that differ by many orders, tall, and without full rank", () => {
    const next = noise(5);
    const graded = matrix(wasm, 70, 41, (_, j) => next() * 10 ** (-0.9 * j));
    const copied = matrix(wasm, 41, 20, (i, j) => Math.sin(i * (1 + (j % 5))));
    for (const of of [graded, copied]) {
      const q = matrix(wasm, of.rows, of.columns);
      const r = matrix(wasm, of.columns, of.columns);
      wasm.qr([{ matrix: of, q, r }]).run();
      expect(orthonormality(q)).toBeLessThan(16 * rounding);
      const found = times(q, r);
      for (let j = 0; j < of.columns; j++) {
        const column = (from: Matrix) =>
          matrix(wasm, of.rows, 1, (i) => from.values[i * of.columns + j] ?? 0);
        const size = largestOf(column(of).values);
        expect(distance(column(found), column(of))).toBeLessThan(16 * rounding * size);
      }
    }
  });

  it("gives q the reference's signs", () => {
    const next = noise(9);
    const of = matrix(wasm, 50, 33, next);
    const q = matrix(wasm, 50, 33);
    const expected = matrix(referenceLinearAlgebra, 50, 33);
    wasm.qr([{ matrix: of, q }]).run();
    referenceLinearAlgebra
      .qr([{ matrix: { ...of, values: Float64Array.from(of.values) }, q: expected }])
      .run();
    expect(distance(q, expected)).toBeLessThan(1e-5);
  });

  it.each([1, 2, 4, 6])("exact roots to 1e-3 up to condition 1e4: p = %i", (p) => {
    for (const n of [1, 3, 64, 65]) {
      const of = symmetricWith(wasm, spectrum(n, 1e4));
      const result = matrix(wasm, n, n);
      wasm.inverseRoot([{ matrix: of, result, root: p }], { method: "eigen", epsilon: 0 }).run();
      let power: Matrix = result;
      for (let i = 1; i < p; i++) power = times(power, result);
      expect(distance(times(of, power), identity(n))).toBeLessThan(1e-3);
      expect(distance(result, transpose(result))).toBe(0);
    }
  });

  const hard: Readonly<Record<string, (n: number) => readonly number[]>> = {
    ...spectra,
    // What rounding alone does not make of a Gram matrix, but is shifted up all the same.
    indefinite: (n) => Array.from({ length: n }, (_, i) => (i === 0 ? -0.1 : 1 + (i % 3))),
    "condition 1e6": (n) => spectrum(n, 1e6),
  };
  const rooted = Object.entries(hard).flatMap(([name, values]) =>
    sizes
      .filter((n) => n < 70 || (n < 200 && name !== "repeated") || name === "condition 1e6")
      .map((n) => [name, n, values(n)] as const),
  );
  it.each(rooted)("exact roots are the reference's, rounded: %s, size %i", (name, n, eigenvalues) => {
    const of = symmetricWith(wasm, eigenvalues);
    const dampings =
      n > 200
        ? [{ epsilon: 1e-6 }]
        : [
            ...[0, 1e-12, 1e-3, 1e6].map((epsilon) => ({ epsilon })),
            { epsilon: 1e-3, damping: "relative" } as const,
          ];
    for (const damping of dampings) {
      for (const root of n < 70 ? [1, 1.5, 4] : [4]) {
        const settings = { method: "eigen", ...damping } as const;
        const result = matrix(wasm, n, n);
        wasm.inverseRoot([{ matrix: of, result, root }], settings).run();
        // In float64, but of numbers that were rounded to float32.
        const full = checkInverseRoots([], settings, "float32");
        const values = inverseRoot(of.values, n, root, full).result;
        const expected = { rows: n, columns: n, values };
        // What float64 leaves where all are shifted up is not small beside the least damping.
        const tolerance = damping.epsilon <= 1e-12 && name === "indefinite" ? 1e-3 : rounding;
        expect(distance(result, expected)).toBeLessThanOrEqual(tolerance * largestOf(values));
        expect(distance(result, transpose(result))).toBe(0);
      }
    }
  });

  it.each([2 ** -24, 2 ** -53])("takes no root of what rounding left: unit roundoff %d", (roundoff) => {
    const algebra = roundoff === 2 ** -24 ? wasm : referenceLinearAlgebra;
    for (const n of [4, 40, 128]) {
      const noise = n * roundoff;
      // Far below the noise beside the largest, 1, and as far on the other side of 0.
      for (const lowest of [noise / 50, -noise / 50])
        for (const scale of [1, 1e16]) {
          const of = symmetricWith(
            algebra,
            Array.from({ length: n }, (_, i) => scale * (i === 0 ? 1 : i === 1 ? 0.5 : lowest)),
          );
          const result = matrix(algebra, n, n);
          const settings = { method: "eigen", epsilon: 1e-6 * roundoff } as const;
          algebra.inverseRoot([{ matrix: of, result, root: 4 }], settings).run();
          const [values, rows] = [new Float64Array(n), Float64Array.from(result.values)];
          referenceLinearAlgebra
            .symmetricEigen([
              {
                matrix: { rows: n, columns: n, values: rows },
                ...{ values, vectors: matrix(referenceLinearAlgebra, n, n) },
              },
            ])
            .run();
          const largest = values.at(-1) ?? Number.NaN;
          expect(largest / (noise * scale) ** (-1 / 4)).toBeCloseTo(1, 2);
        }
    }
  });

  it("roots of different sizes in one operation come out alike at every run, alone or together", () => {
    for (const settings of [
      { method: "eigen", epsilon: 1e-6 },
      { method: "coupledNewton", epsilon: 1e-6, damping: "relative" },
      // Ends far from its limit, and leaves as much behind in the scratch memory.
      { method: "coupledNewton", epsilon: 1e-6, iterations: 4, fallbackAbove: Number.POSITIVE_INFINITY },
    ] as const) {
      const tasks = [8, 7, 6, 5, 3, 33, 20, 12, 9].flatMap((n) =>
        [2, 4].map((root) => ({
          matrix: symmetricWith(wasm, spectrum(n, 1e4)),
          result: matrix(wasm, n, n),
          root,
        })),
      );
      const operation = wasm.inverseRoot(tasks, settings);
      const runs = [0, 1].map(() => {
        operation.run();
        return tasks.map(({ result }) => [...result.values]);
      });
      expect(runs[1]).toEqual(runs[0]);
      for (const [index, { matrix: of, root }] of tasks.entries()) {
        const result = matrix(wasm, of.rows, of.rows);
        // In scratch memory of its own, where nothing was left behind.
        wasmLinearAlgebra()
          .inverseRoot([{ matrix: of, result, root }], settings)
          .run();
        expect([...result.values]).toEqual(runs[0]?.[index]);
      }
    }
  });

  it("what another operation left in the scratch memory stays there, even NaN", () => {
    // All bits set: NaN in float32 and, two by two, in float64.
    const poison = {
      rows: 400,
      columns: 400,
      values: new Float32Array(new Int32Array(160_000).fill(-1).buffer),
    };
    const fresh = matrix(wasm, 400, 400);
    for (const n of [1, 2, 3, 5, 12, 33, 65, 129]) {
      const of = symmetricWith(wasm, spectrum(n, 1e3));
      const outcomes = [false, true].map((poisoned) => {
        const algebra = wasmLinearAlgebra();
        const dirty = () => {
          if (poisoned) algebra.product([{ a: poison, b: poison, result: { ...fresh } }]).run();
        };
        const take = () => matrix(algebra, n, n);
        const [byPoles, byEigenvectors, byProducts] = [take(), take(), take()];
        const [vectors, q, values] = [take(), take(), new Float32Array(n)];
        const roots = [
          algebra.inverseRoot([{ matrix: of, result: byPoles, root: 4 }], { method: "eigen", epsilon: 0 }),
          algebra.inverseRoot([{ matrix: of, result: byEigenvectors, root: 1 }], {
            method: "eigen",
            epsilon: 0,
          }),
          algebra.inverseRoot([{ matrix: of, result: byProducts, root: 2 }], {
            ...{ method: "coupledNewton", epsilon: 0 },
          }),
          algebra.symmetricEigen([{ matrix: of, values, vectors }]),
          algebra.qr([{ matrix: of, q }]),
        ];
        for (const operation of roots) {
          dirty();
          operation.run();
        }
        return [byPoles, byEigenvectors, byProducts, vectors, q, { values }].map((found) => [
          ...found.values,
        ]);
      });
      expect(outcomes[1]).toEqual(outcomes[0]);
      expect(outcomes.flat(2).every(Number.isFinite)).toBe(true);
    }
  });

  it("damps relatively to the same largest eigenvalue as the reference", () => {
    for (const n of [1, 7, 66]) {
      const of = symmetricWith(wasm, spectrum(n, 1e3));
      const exact = { ...of, values: Float64Array.from(of.values) };
      for (const method of ["eigen", "coupledNewton"] as const) {
        const settings = { method, epsilon: 0.3, damping: "relative" } as const;
        const [result, expected] = [matrix(wasm, n, n), matrix(referenceLinearAlgebra, n, n)];
        wasm.inverseRoot([{ matrix: of, result, root: 2 }], settings).run();
        referenceLinearAlgebra.inverseRoot([{ matrix: exact, result: expected, root: 2 }], settings).run();
        expect(distance(result, expected)).toBeLessThan(2e-6 * largestOf(expected.values));
      }
    }
  });

  it("decomposes 600 rows, where rows are scaled anew on the way", () => {
    const n = 600;
    const next = noise(3);
    const half = matrix(wasm, n, n, next);
    const of = matrix(wasm, n, n, (i, j) => (half.values[i * n + j] ?? 0) + (half.values[j * n + i] ?? 0));
    const [values, vectors, rebuilt] = [new Float32Array(n), matrix(wasm, n, n), matrix(wasm, n, n)];
    wasm.symmetricEigen([{ matrix: of, values, vectors }]).run();
    const scaled = { ...vectors, values: vectors.values.map((x, place) => x * (values[place % n] ?? 0)) };
    wasm.product([{ a: scaled, b: vectors, result: rebuilt, transposeB: true }]).run();
    expect(distance(rebuilt, of)).toBeLessThan(1e-5 * largestOf(values));
    wasm.product([{ a: vectors, b: vectors, result: rebuilt, transposeA: true }]).run();
    expect(distance(rebuilt, identity(n))).toBeLessThan(1e-5);
  });

  it.each([
    [0, Number.NaN],
    [29, Number.NaN],
    [80, Number.NaN],
    [80, Number.POSITIVE_INFINITY],
  ])("answers with NaN alone where entry %i is %d", (place, entry) => {
    const of = matrix(wasm, 9, 9, (i, j) => (9 * i + j === place ? entry : 1));
    const [values, vectors] = [new Float32Array(9), matrix(wasm, 9, 9)];
    wasm.symmetricEigen([{ matrix: of, values, vectors }]).run();
    expect([...values, ...vectors.values].every(Number.isNaN)).toBe(true);
    const r = matrix(wasm, 9, 9);
    wasm.qr([{ matrix: of, q: vectors, r }]).run();
    expect([...vectors.values, ...r.values].every(Number.isNaN)).toBe(true);
    vectors.values.fill(0);
    wasm.inverseRoot([{ matrix: of, result: vectors, root: 2 }], { method: "eigen", epsilon: 1 }).run();
    expect(vectors.values.every(Number.isNaN)).toBe(true);
  });
});
