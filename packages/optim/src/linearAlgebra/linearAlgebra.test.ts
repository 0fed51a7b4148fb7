import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  at,
  distance,
  identity,
  largestOf,
  matrix,
  noise,
  spectrum,
  symmetricWith,
  times,
  transpose,
} from "../../test/matrices.js";
import { SteepestError } from "../errors.js";
import type { LinearAlgebra, Matrix } from "./linearAlgebra.js";
import { referenceLinearAlgebra } from "./reference/reference.js";
import { wasmLinearAlgebra } from "./wasm/wasmLinearAlgebra.js";

const implementations = [referenceLinearAlgebra, wasmLinearAlgebra()];

describe.each(implementations.map((algebra) => [algebra.name, algebra] as const))("%s", (_, algebra) => {
  const double = algebra.precision === "float64";
  const rounding = double ? 1e-14 : 1e-6;
  const random = (rows: number, columns: number, seed = 1) => {
    const next = noise(seed);
    return matrix(algebra, rows, columns, next);
  };
  const extent = fc.integer({ min: 0, max: 40 });
  const seed = fc.integer({ min: 1, max: 1e6 });

  it("multiplies, transposed or not, scaled, and added to what was there", () => {
    fc.assert(
      fc.property(
        extent,
        extent,
        extent,
        fc.boolean(),
        fc.boolean(),
        seed,
        (m, k, n, transposeA, transposeB, s) => {
          const a = transposeA ? random(k, m, s) : random(m, k, s);
          const b = transposeB ? random(n, k, s + 1) : random(k, n, s + 1);
          const result = random(m, n, s + 2);
          const product = times(transposeA ? transpose(a) : a, transposeB ? transpose(b) : b);
          const expected = matrix(
            referenceLinearAlgebra,
            m,
            n,
            (i, j) => 0.5 * at(product, i, j) - 2 * at(result, i, j),
          );
          algebra.product([{ a, b, result, transposeA, transposeB, alpha: 0.5, beta: -2 }]).run();
          expect(distance(result, expected)).toBeLessThanOrEqual(rounding * (2 + k));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("multiplies along more than one block of the inner extent", () => {
    const [a, b, result] = [random(9, 1100), random(1100, 17, 2), matrix(algebra, 9, 17, () => Number.NaN)];
    algebra.product([{ a, b, result }]).run();
    expect(distance(result, times(a, b))).toBeLessThan(rounding * 100);
  });

  it("multiplies products on", () => {
    const [left, middle, right] = [random(9, 13), random(13, 5, 2), random(7, 5, 3)];
    const [half, result] = [random(9, 5, 4), random(9, 7, 5)];
    algebra
      .product([{ a: left, b: middle, result: half }], [{ a: half, b: right, result, transposeB: true }])
      .run();
    expect(distance(result, times(times(left, middle), transpose(right)))).toBeLessThan(rounding * 100);
  });

  it("accumulates Gram matrices that are symmetric to the bit, with coefficients that change", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 600 }),
        seed,
        (rows, columns, s) => {
          const of = random(rows, columns, s);
          const coefficients = { decay: 0, weight: 0.25 };
          const result = matrix(algebra, rows, rows, () => Number.NaN);
          const operation = algebra.gram([{ matrix: of, of: "rows", result, coefficients }]);
          operation.run();
          coefficients.decay = 0.5;
          operation.run();
          const gram = times(of, transpose(of));
          const expected = matrix(referenceLinearAlgebra, rows, rows, (i, j) => 0.375 * at(gram, i, j));
          expect(distance(result, expected)).toBeLessThanOrEqual(rounding * (2 + columns));
          expect(distance(result, transpose(result))).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
    const of = random(5, 7);
    const columns = matrix(algebra, 7, 7);
    algebra
      .gram([{ matrix: of, of: "columns", result: columns, coefficients: { decay: 0, weight: 1 } }])
      .run();
    expect(distance(columns, times(transpose(of), of))).toBeLessThan(rounding * 10);
  });

  const eigen = (of: Matrix, order?: "ascending" | "descending") => {
    const n = of.rows;
    const values = double ? new Float64Array(n) : new Float32Array(n);
    const vectors = matrix(algebra, n, n);
    algebra
      .symmetricEigen([{ matrix: of, values, vectors, ...(order === undefined ? {} : { order }) }])
      .run();
    const scaled = matrix(referenceLinearAlgebra, n, n, (i, j) => at(vectors, i, j) * (values[j] ?? 0));
    return { values, vectors, product: times(scaled, transpose(vectors)) };
  };

  it.each([
    ["clusters", [1, 1, 1, 2, 2, 2 + 1e-13, 5]],
    ["zeros", [0, 0, 0, 0]],
    ["rank one", [0, 0, 0, 7]],
    ["both signs", [-3, -1e-3, 0, 2, 3]],
    ["a wide range", [1e-12, 1e-8, 1e-4, 1, 1e4]],
    ["huge", [1e37, 2e37, 1e38]],
    ["tiny", [1e-30, 2e-30, 4e-30]],
    ["one", [4]],
  ])("finds eigenvalues and eigenvectors: %s", (_name, values) => {
    const of = symmetricWith(algebra, values);
    const found = eigen(of);
    const scale = Math.max(largestOf(Float64Array.from(values)), 1e-300);
    found.values.forEach((value, i) => {
      expect(Math.abs(value - (values[i] ?? Number.NaN)) / scale).toBeLessThan(rounding * 10);
    });
    expect(distance(found.product, of) / scale).toBeLessThan(rounding * 10);
    expect(distance(times(transpose(found.vectors), found.vectors), identity(values.length))).toBeLessThan(
      rounding * 10,
    );
  });

  it("orders eigenvalues as asked", () => {
    const of = random(9, 9);
    const symmetric = matrix(algebra, 9, 9, (i, j) => at(of, i, j) + at(of, j, i));
    const [up, down] = [eigen(symmetric), eigen(symmetric, "descending")];
    expect([...down.values].reverse()).toEqual([...up.values]);
    expect([...up.values]).toEqual([...up.values].sort((a, b) => a - b));
    expect(distance(down.product, symmetric)).toBeLessThan(rounding * 20);
  });

  it("decomposes into orthonormal columns and a triangle with LAPACK's signs", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 10 }), seed, (n, more, s) => {
        const of = random(n + more, n, s);
        const [q, r] = [matrix(algebra, n + more, n), matrix(algebra, n, n)];
        algebra.qr([{ matrix: of, q, r }]).run();
        expect(distance(times(q, r), of)).toBeLessThan(rounding * 10);
        expect(distance(times(transpose(q), q), identity(n))).toBeLessThan(rounding * 10);
        for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(at(r, i, j)).toBe(0);
        if (n + more > 1) expect(Math.sign(at(r, 0, 0))).toBe(-Math.sign(at(of, 0, 0)));
      }),
      { numRuns: 40 },
    );
    const zero = matrix(algebra, 4, 3);
    const q = matrix(algebra, 4, 3);
    algebra.qr([{ matrix: zero, q }]).run();
    expect(distance(times(transpose(q), q), identity(3))).toBe(0);
  });

  const root = (of: Matrix, p: number, settings: Parameters<LinearAlgebra["inverseRoot"]>[1]) => {
    const result = matrix(algebra, of.rows, of.rows);
    const operation = algebra.inverseRoot([{ matrix: of, result, root: p }], settings);
    operation.run();
    let power = result;
    for (let i = 1; i < p; i++) power = times(power, result);
    return { result, error: distance(times(of, power), identity(of.rows)), report: operation.reports[0] };
  };

  it.each([1, 2, 3, 4, 6])("takes inverse roots by eigenvectors: p = %i", (p) => {
    const condition = double ? 1e6 : 1e4;
    const of = symmetricWith(algebra, spectrum(24, condition));
    expect(root(of, p, { method: "eigen", epsilon: 0 }).error).toBeLessThan(double ? 1e-8 : 1e-3);
  });

  it.each([1, 2, 3, 4, 6])("takes inverse roots by coupled Newton iterations: p = %i", (p) => {
    const condition = double ? 1e6 : 1e4;
    const of = symmetricWith(algebra, spectrum(24, condition));
    const { error, report } = root(of, p, {
      method: "coupledNewton",
      epsilon: 0,
      tolerance: double ? 1e-12 : 1e-6,
    });
    expect(error).toBeLessThan(double ? 1e-8 : 1e-3);
    expect(report?.iterations).toBeGreaterThan(3);
  });

  it("measures where the iteration fails, and takes the exact root instead", () => {
    const of = symmetricWith(algebra, spectrum(16, double ? 1e15 : 1e9));
    const settings = { method: "coupledNewton", epsilon: 0, iterations: 4 } as const;
    const alone = root(of, 4, { ...settings, fallbackAbove: Infinity });
    expect(alone.report).toMatchObject({ method: "coupledNewton", iterations: 4 });
    expect(alone.report?.error).toBeGreaterThan(0.1);
    const replaced = root(of, 4, settings);
    expect(replaced.report).toMatchObject({ method: "eigen", iterations: 4, error: alone.report?.error });
    expect(distance(replaced.result, root(of, 4, { method: "eigen", epsilon: 0 }).result)).toBe(0);
  });

  it("damps: absolutely, relatively, and lifts what rounding made negative", () => {
    const of = matrix(algebra, 2, 2, (i, j) => (i === j ? ([4, -1e-9][i] ?? 0) : 0));
    const absolute = root(of, 2, { method: "eigen", epsilon: 1e-2 }).result;
    expect(at(absolute, 1, 1)).toBeCloseTo(10, 4);
    const relative = root(of, 2, { method: "eigen", epsilon: 1e-2, damping: "relative" }).result;
    expect(at(relative, 0, 0)).toBeCloseTo(1 / Math.sqrt(4.04), 5);
    expect(at(relative, 1, 1)).toBeCloseTo(5, 4);
    const newton = root(of, 2, {
      method: "coupledNewton",
      epsilon: 1e-2,
      damping: "relative",
      tolerance: 1e-9,
    }).result;
    expect(distance(newton, relative)).toBeLessThan(1e-4);
  });

  it.each(["eigen", "coupledNewton"] as const)("has a root for hard matrices, never NaN: %s", (method) => {
    const cases = [
      symmetricWith(algebra, [0, 0, 0]),
      symmetricWith(algebra, [0, 0, 1]),
      symmetricWith(algebra, [1e30, 1e36]),
      symmetricWith(algebra, [1e-36, 1e-30]),
    ];
    for (const of of cases) {
      for (const epsilon of [0, 1e-12, 1e-3]) {
        for (const value of root(of, 4, { method, epsilon }).result.values) expect(value).not.toBeNaN();
      }
    }
  });

  const orthogonalised = (of: Matrix, settings: Parameters<LinearAlgebra["orthogonalise"]>[1]) => {
    const result = matrix(algebra, of.rows, of.columns);
    algebra.orthogonalise([{ matrix: of, result }], settings).run();
    return result;
  };

  /** [m, n] with the given singular values, m of them. */
  const withSingularValues = (singular: readonly number[], n: number) => {
    const m = singular.length;
    const left = symmetricWith(referenceLinearAlgebra, spectrum(m, 10), 3);
    const right = symmetricWith(referenceLinearAlgebra, spectrum(n, 10), 4);
    const u = matrix(referenceLinearAlgebra, m, m);
    const v = matrix(referenceLinearAlgebra, n, n);
    const values = [new Float64Array(m), new Float64Array(n)] as const;
    referenceLinearAlgebra
      .symmetricEigen([
        { matrix: left, values: values[0], vectors: u },
        { matrix: right, values: values[1], vectors: v },
      ])
      .run();
    const scaled = matrix(referenceLinearAlgebra, m, n, (i, j) =>
      j < m ? at(u, i, j) * (singular[j] ?? 0) : 0,
    );
    const product = times(scaled, transpose(v));
    return matrix(algebra, m, n, (i, j) => at(product, i, j));
  };

  const singularValues = (of: Matrix) => {
    const gram = times(of, transpose(of));
    const values = new Float64Array(gram.rows);
    referenceLinearAlgebra.symmetricEigen([{ matrix: gram, values, vectors: gram }]).run();
    return [...values].map((value) => Math.sqrt(Math.max(0, value)));
  };

  it.each([[12], [20], [33]])(
    "brings singular values into [0.68, 1.1344] by five Newton–Schulz steps: 12 × %i",
    (n) => {
      // Normalised by the Frobenius norm they span [0.01, 1]: one near 1, the others small.
      const rest = Array.from({ length: 11 }, (_, i) => 0.0101 + 0.02 * i);
      const first = Math.sqrt(1 - rest.reduce((sum, x) => sum + x * x, 0));
      const of = withSingularValues([...rest, first], n);
      for (const wide of [true, false]) {
        const result = orthogonalised(wide ? of : matrix(algebra, n, 12, (i, j) => at(of, j, i)), {
          method: "newtonSchulz",
        });
        const found = singularValues(wide ? result : transpose(result));
        expect(Math.min(...found)).toBeGreaterThan(0.68);
        // The polynomial's own greatest value over the interval is 1.1344.
        expect(Math.max(...found)).toBeLessThan(1.1344);
      }
    },
  );

  it("takes the published first step of either method", () => {
    const one = matrix(algebra, 1, 1, () => 5);
    const settings = { steps: 1, epsilon: 0 } as const;
    const [newtonSchulz] = orthogonalised(one, { method: "newtonSchulz", ...settings }).values;
    expect(newtonSchulz).toBeCloseTo(3.4445 - 4.775 + 2.0315, 5);
    // Divided by 1.01 at the start, and once more by the safer step.
    const t = 1 / 1.01 ** 2;
    const [polarExpress] = orthogonalised(one, { method: "polarExpress", ...settings }).values;
    expect(polarExpress).toBeCloseTo(
      8.28721201814563 * t - 23.595886519098837 * t ** 3 + 17.300387312530933 * t ** 5,
      4,
    );
  });

  it("brings singular values to 1 by eight Polar Express steps", () => {
    const of = withSingularValues([1, 0.5, 0.1, 0.02, 0.005], 9);
    for (const value of singularValues(orthogonalised(of, { method: "polarExpress", steps: 8 }))) {
      expect(Math.abs(value - 1)).toBeLessThan(1e-3);
    }
  });

  it("finds the polar factor exactly, also where singular values are far apart or zero", () => {
    const of = withSingularValues(double ? [1e-9, 1e-5, 1, 1] : [1e-3, 1e-2, 1, 1], 7);
    const result = orthogonalised(of, { method: "svd" });
    expect(distance(times(result, transpose(result)), identity(4))).toBeLessThan(rounding * 10);
    // The polar factor U of A is what makes A Uᵀ symmetric and positive semi-definite.
    const stretch = times(of, transpose(result));
    expect(distance(stretch, transpose(stretch))).toBeLessThan(rounding * 10);
    const rankOne = matrix(algebra, 3, 4, (i, j) => (i + 1) * (j + 1));
    const direction = orthogonalised(rankOne, { method: "svd" });
    const length = Math.sqrt(14 * 30);
    expect(
      distance(
        direction,
        matrix(algebra, 3, 4, (i, j) => ((i + 1) * (j + 1)) / length),
      ),
    ).toBeLessThan(rounding * 10);
  });

  it.each(["newtonSchulz", "polarExpress", "svd"] as const)(
    "orthogonalises hard matrices without NaN: %s",
    (method) => {
      const sizes = double ? [1e300, 1e-300] : [3e38, 1e-40];
      const cases = [
        matrix(algebra, 4, 6),
        matrix(algebra, 6, 4, (i, j) => (i + 1) * (j - 1)),
        ...sizes.flatMap((size) =>
          [random(5, 5), random(7, 5)].map((of) => ({ ...of, values: of.values.map((x) => x * size) })),
        ),
        matrix(algebra, 0, 3),
        matrix(algebra, 1, 1, () => -3),
      ];
      for (const of of cases) {
        for (const epsilon of [0, 1e-7]) {
          const result = orthogonalised(of, { method, epsilon });
          for (const value of result.values) expect(Math.abs(value)).toBeLessThan(2);
        }
      }
      expect(orthogonalised(matrix(algebra, 3, 5), { method }).values.every((value) => value === 0)).toBe(
        true,
      );
    },
  );

  it("works in place and batches shapes that differ", () => {
    const matrices = [random(6, 9), random(9, 6, 2), random(6, 6, 3)];
    const alone = matrices.map((of) => orthogonalised(of, { method: "newtonSchulz" }));
    algebra
      .orthogonalise(
        matrices.map((of) => ({ matrix: of, result: of })),
        { method: "newtonSchulz" },
      )
      .run();
    matrices.forEach((of, i) => {
      expect([...of.values]).toEqual([...(alone[i]?.values ?? [])]);
    });
  });

  it("says what does not fit", () => {
    const wrong = algebra.precision === "float64" ? new Float32Array(4) : new Float64Array(4);
    const two = matrix(algebra, 2, 2);
    const three = matrix(algebra, 3, 3);
    const calls = [
      () => algebra.product([{ a: two, b: three, result: two }]),
      () => algebra.product([{ a: two, b: two, result: three }]),
      () => algebra.product([{ a: { rows: 2, columns: 2, values: wrong }, b: two, result: two }]),
      () => algebra.gram([{ matrix: two, of: "rows", result: three, coefficients: { decay: 0, weight: 1 } }]),
      () => algebra.qr([{ matrix: matrix(algebra, 2, 3), q: matrix(algebra, 2, 3) }]),
      () =>
        algebra.inverseRoot([{ matrix: two, result: two, root: 2.5 }], {
          method: "coupledNewton",
          epsilon: 0,
        }),
      () => algebra.inverseRoot([{ matrix: two, result: two, root: 2 }], { method: "eigen", epsilon: -1 }),
      () => algebra.orthogonalise([{ matrix: two, result: three }], { method: "svd" }),
      () => algebra.orthogonalise([{ matrix: two, result: two }], { method: "newtonSchulz", steps: 1.5 }),
    ];
    for (const one of calls) expect(one).toThrow(SteepestError);
  });
});
