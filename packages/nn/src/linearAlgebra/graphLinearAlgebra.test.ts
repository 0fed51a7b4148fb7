import { type Matrix, referenceLinearAlgebra, SteepestError, wasmLinearAlgebra } from "@steepest/optim";
import { afterAll, describe, expect, it } from "vitest";
import { graphLinearAlgebra } from "./graphLinearAlgebra.js";

const algebra = graphLinearAlgebra();

afterAll(() => algebra.release());

/** Numbers in (−size, size) that look random. */
const matrix = (rows: number, columns: number, size = 1): Matrix => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, (_, i) => size * Math.sin(i * i + rows)),
});

const exact = (of: Matrix): Matrix => ({ ...of, values: Float64Array.from(of.values) });

const sumOfSquares = ({ values }: Matrix): number =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0);

function expectClose(found: Matrix, expected: Matrix, tolerance: number): void {
  const scale = Math.max(1e-30, ...expected.values.map(Math.abs));
  const wrong = found.values.findIndex(
    (value, i) => !(Math.abs(value - (expected.values[i] ?? Number.NaN)) <= tolerance * scale),
  );
  expect([wrong, found.values[wrong]]).toEqual([-1, undefined]);
}

describe("linear algebra by graphs", () => {
  it("multiplies many shapes in one run, also empty ones, and adds to what was there", async () => {
    const shapes = [
      [3, 5, 7],
      [1, 1, 1],
      [16, 40, 9],
      [4, 0, 3],
    ] as const;
    const tasks = shapes.flatMap(([m, k, n]) =>
      [false, true].flatMap((transpose) => [
        {
          a: transpose ? matrix(k, m) : matrix(m, k),
          b: transpose ? matrix(n, k) : matrix(k, n),
          result: matrix(m, n),
          transposeA: transpose,
          transposeB: transpose,
          alpha: 0.5,
          beta: transpose ? -2 : 0,
        },
      ]),
    );
    const expected = tasks.map((task) => ({
      ...task,
      a: exact(task.a),
      b: exact(task.b),
      result: exact(task.result),
    }));
    const operation = algebra.product(tasks);
    const reference = referenceLinearAlgebra.product(expected);
    for (let run = 0; run < 2; run++) {
      await operation.runAsync();
      reference.run();
    }
    tasks.forEach(({ result }, i) => {
      expectClose(result, expected[i]?.result ?? result, 1e-5);
    });
  });

  /** Matrices that lie one after the other in one array, with as many numbers before them as asked for. */
  const neighbours = (count: number, rows: number, columns: number, before = 0): Matrix[] => {
    const all = Float32Array.from({ length: before + count * rows * columns }, (_, i) => Math.sin(i * i));
    return Array.from({ length: count }, (_, index) => {
      const start = before + index * rows * columns;
      return { rows, columns, values: all.subarray(start, start + rows * columns) };
    });
  };
  const pick = (matrices: readonly Matrix[], index: number): Matrix =>
    matrices[index] ?? expect.unreachable(`matrix ${index}`);

  it("multiplies products on, also where they lie in the same memory in another shape or over what was read", async () => {
    const n = 96;
    const memory = Float32Array.from({ length: 5 * n * n }, (_, i) => Math.sin(i * i) / 8);
    const at = (place: number, rows = n, columns = n): Matrix => ({
      ...{ rows, columns, values: memory.subarray(place * n * n, (place + 1) * n * n) },
    });
    const product = (a: Matrix, b: Matrix, result: Matrix) => ({ a, b, result });
    const wide = at(2, n / 2, 2 * n);
    const cases = {
      "over what the first product read": [[product(at(0), at(1), at(2))], [product(at(2), at(1), at(0))]],
      "in another shape": [
        [product(at(0), at(1), at(2))],
        [{ ...product(wide, at(3), at(4)), b: { ...at(3), rows: 2 * n, columns: n / 2 } }].map((task) => ({
          ...task,
          result: {
            rows: n / 2,
            columns: n / 2,
            values: memory.subarray(4 * n * n, 4 * n * n + (n * n) / 4),
          },
        })),
      ],
      "over what another product read": [
        [product(at(0), at(1), at(2)), product(at(3), at(1), at(4))],
        [product(at(2), at(1), at(3))],
      ],
      "over an earlier result": [[product(at(0), at(1), at(2))], [product(at(3), at(1), at(2))]],
      "of a part of a result": [
        [product(at(0), at(1), at(2))],
        [
          {
            a: { rows: n / 2, columns: n, values: memory.subarray(2 * n * n, 2.5 * n * n) },
            b: at(1),
            result: { rows: n / 2, columns: n, values: memory.subarray(4 * n * n, 4.5 * n * n) },
          },
        ],
      ],
    };
    const before = memory.slice();
    for (const [name, [first = [], second = []]] of Object.entries(cases)) {
      const results = second.map(({ result }) => result);
      memory.set(before);
      wasmLinearAlgebra().product(first, second).run();
      const expected = results.map((result) => exact(result));
      memory.set(before);
      await algebra.product(first, second).runAsync();
      results.forEach((result, i) => {
        expectClose(result, expected[i] ?? expect.unreachable(name), 1e-5);
      });
    }
  });

  it("multiplies neighbours as one batch, and keeps others out of it", async () => {
    const [count, m, k, n] = [5, 48, 64, 80];
    for (const beta of [0, 0.5])
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        const a = neighbours(count, ...(transposeA ? ([k, m] as const) : ([m, k] as const)));
        const b = neighbours(count, ...(transposeB ? ([n, k] as const) : ([k, n] as const)), 7);
        const results = neighbours(count, m, n);
        // The second and third results change places, so that neither is next to the one before.
        const order = [0, 2, 1, 3, 4];
        const tasks = order.map((place, index) => ({
          ...{ a: pick(a, index), b: pick(b, index), result: pick(results, place) },
          ...{ transposeA, transposeB, beta, alpha: index === 4 ? 2 : 1 },
        }));
        const expected = tasks.map((task) => ({
          ...task,
          ...{ a: exact(task.a), b: exact(task.b), result: exact(task.result) },
        }));
        const operation = algebra.product(tasks);
        const reference = referenceLinearAlgebra.product(expected);
        for (let run = 0; run < 2; run++) {
          await operation.runAsync();
          reference.run();
        }
        tasks.forEach(({ result }, i) => {
          expectClose(result, expected[i]?.result ?? result, 1e-5);
        });
      }
  });

  it.each(["rows", "columns"] as const)(
    "accumulates Gram matrices of %s, symmetric to the bit, by coefficients that change",
    async (of) => {
      const shapes = [...neighbours(4, 96, 96), ...neighbours(2, 33, 129), matrix(129, 65), matrix(200, 70)];
      const [steady, other] = [
        { decay: 0, weight: 0.25 },
        { decay: 0.5, weight: 2 },
      ];
      const size = ({ rows, columns }: Matrix) => (of === "rows" ? rows : columns);
      const results = [
        ...neighbours(4, 96, 96, 3),
        ...shapes.slice(4).map((each) => matrix(size(each), size(each), 1)),
      ];
      for (const { values } of results.slice(0, 4)) values.fill(Number.NaN);
      const tasks = shapes.map((each, index) => ({
        ...{ matrix: each, of, result: pick(results, index) },
        coefficients: index < 5 ? steady : other,
      }));
      for (const { result, coefficients } of tasks)
        if (coefficients === other)
          for (let i = 0; i < result.rows; i++)
            for (let j = 0; j < i; j++)
              result.values[i * result.rows + j] = result.values[j * result.rows + i] ?? 0;
      const expected = tasks.map((task) => ({
        ...task,
        matrix: exact(task.matrix),
        result: exact(task.result),
      }));
      const operation = algebra.gram(tasks);
      const reference = referenceLinearAlgebra.gram(expected);
      for (const decay of [0, 0.75]) {
        steady.decay = decay;
        await operation.runAsync();
        reference.run();
      }
      tasks.forEach(({ result }, index) => {
        expectClose(result, expected[index]?.result ?? result, 1e-5);
        const turned = result.values.map(
          (_, place) =>
            result.values[(place % result.rows) * result.rows + Math.floor(place / result.rows)] ?? 0,
        );
        expect(result.values).toEqual(turned);
      });
    },
  );

  it("adds up Gram matrices of rows and of columns of the same matrices, as they are and weighted", async () => {
    const coefficients = { decay: 1, weight: 1 };
    const matrices = [...neighbours(3, 128, 128), matrix(160, 96, 2)];
    const tasks = matrices.flatMap((each) =>
      (["rows", "columns"] as const).map((of) => {
        const size = of === "rows" ? each.rows : each.columns;
        const values = new Float32Array(size * size).fill(0.25);
        return { matrix: each, of, result: { rows: size, columns: size, values }, coefficients };
      }),
    );
    const expected = tasks.map((task) => ({
      ...task,
      ...{ matrix: exact(task.matrix), result: exact(task.result) },
    }));
    const operation = algebra.gram(tasks);
    const reference = referenceLinearAlgebra.gram(expected);
    const all: readonly (readonly [number, number])[] = [
      [1, 1],
      [1, 1],
      [1, 0.5],
      [0.5, 1],
      [1, 1],
      [0, 1],
    ];
    for (const [decay, weight] of all) {
      Object.assign(coefficients, { decay, weight });
      await operation.runAsync();
      reference.run();
      tasks.forEach(({ result }, index) => {
        expectClose(result, expected[index]?.result ?? expect.unreachable(`task ${index}`), 1e-5);
      });
    }
  });

  it.each(["newtonSchulz", "polarExpress", "svd"] as const)(
    "orthogonalises as the reference does: %s",
    async (method) => {
      const inputs = [matrix(20, 50), matrix(50, 20), matrix(16, 16), matrix(1, 7), matrix(8, 8, 1e-3)];
      const hard = [matrix(4, 6, 0), matrix(4, 6, 1e30), matrix(4, 6, 1e-30)];
      const tasks = [...inputs, ...hard].map((of) => ({ matrix: of, result: of }));
      const expected = tasks.map(({ matrix: of }) => {
        const result = exact(of);
        referenceLinearAlgebra.orthogonalise([{ matrix: result, result }], { method }).run();
        return result;
      });
      await algebra.orthogonalise(tasks, { method }).runAsync();
      tasks.forEach(({ result }, i) => {
        expectClose(result, expected[i] ?? result, 2e-4);
      });
    },
  );

  it("says what it will hold as soon as operations are planned, before any has run", () => {
    const fresh = graphLinearAlgebra();
    expect(fresh.graphs()).toEqual([]);
    const empty = fresh.workspaceBytes;
    const of = matrix(300, 200);
    fresh.orthogonalise([{ matrix: of, result: of }], { method: "newtonSchulz" });
    const [graph, ...others] = fresh.graphs();
    expect(others).toEqual([]);
    expect(Object.values(graph?.inputs ?? {}).map(({ shape }) => shape)).toEqual([[300, 200]]);
    // The kernels that take over where a norm is too large for the graph hold the matrix at least once more.
    expect(fresh.workspaceBytes - empty).toBeGreaterThan(of.values.byteLength);
  });

  it("counts one of the two graphs of Gram matrices: weighted means and sums are never taken together", () => {
    const fresh = graphLinearAlgebra();
    const [of, result] = [matrix(300, 200), matrix(300, 300)];
    fresh.gram([{ matrix: of, of: "rows", result, coefficients: { decay: 0.9, weight: 0.1 } }]);
    const [graph, ...others] = fresh.graphs();
    expect(others).toEqual([]);
    // The larger: decay and weight are inputs as well.
    expect(Object.keys(graph?.inputs ?? {})).toHaveLength(4);
  });

  it("takes the other operations from the kernels", async () => {
    const of = matrix(6, 9);
    const result = matrix(6, 6);
    await algebra
      .gram([{ matrix: of, of: "rows", result, coefficients: { decay: 0, weight: 1 } }])
      .runAsync();
    const values = new Float32Array(6);
    const vectors = matrix(6, 6);
    await algebra.symmetricEigen([{ matrix: result, values, vectors }]).runAsync();
    const root = matrix(6, 6);
    const operation = algebra.inverseRoot([{ matrix: result, result: root, root: 2 }], {
      method: "eigen",
      epsilon: 1e-3,
    });
    await operation.runAsync();
    expect(operation.reports).toEqual([{ method: "eigen", iterations: 0, error: 0 }]);
    const squares = values.map((value) => 1 / (value + 1e-3));
    const trace = sumOfSquares(root);
    expect(trace / squares.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 3);
    await algebra.qr([{ matrix: root, q: vectors }]).runAsync();
    expect(sumOfSquares(vectors)).toBeCloseTo(6, 4);
  });

  it("refuses to run at once", () => {
    const two = matrix(2, 2);
    for (const operation of [
      algebra.product([{ a: two, b: two, result: matrix(2, 2) }]),
      algebra.orthogonalise([{ matrix: two, result: two }], { method: "newtonSchulz" }),
      algebra.qr([{ matrix: two, q: two }]),
    ]) {
      expect(() => operation.run()).toThrow(SteepestError);
    }
  });
});
