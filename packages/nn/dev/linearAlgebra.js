// Linear algebra, each operation in milliseconds and the products in GFLOP/s (as if nothing were saved by
// symmetry):
//   npm run build && node packages/nn/dev/linearAlgebra.js [threads of ONNX Runtime]
// Minima over a second of runs each, after half a second of warming up: the machine may be shared.
import { performance } from "node:perf_hooks";
import { compile, createSession, input, matmul } from "../../graph/dist/index.js";
import { referenceLinearAlgebra, wasmLinearAlgebra } from "../../optim/dist/index.js";
import { graphLinearAlgebra } from "../dist/index.js";

const threads = Number(process.argv[2] ?? 1);
const graph = graphLinearAlgebra({ threads });
const all = [wasmLinearAlgebra(), graph, referenceLinearAlgebra];

async function fastest(run) {
  for (const end = performance.now() + 500; performance.now() < end; ) await run();
  let best = Infinity;
  let runs = 0;
  for (const end = performance.now() + 1000; performance.now() < end || runs < 3; runs++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

let state = 1;
const noise = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 31 - 1;
};
const matrix = (algebra, rows, columns) => ({
  rows,
  columns,
  values: (algebra.precision === "float64" ? Float64Array : Float32Array).from(
    { length: rows * columns },
    noise,
  ),
});
const print = (algebra, what, time, flop) => {
  const rate = flop === undefined ? "" : `${(flop / time / 1e6).toFixed(1).padStart(9)} GFLOP/s`;
  process.stdout.write(
    `${algebra.name.padEnd(10)}${what.padEnd(34)}${time.toFixed(3).padStart(10)} ms${rate}\n`,
  );
};

/** All products in one session, whether that is the faster way or not. */
function productSession(tasks, n) {
  const named = (role, of) => Object.fromEntries(tasks.map((task, i) => [`${role}${i}`, of(task, i)]));
  const outputs = named("result", (_, i) => matmul(input(`a${i}`, [n, n]), input(`b${i}`, [n, n])));
  return createSession(compile(outputs), {
    feeds: { ...named("a", ({ a }) => a.values), ...named("b", ({ b }) => b.values) },
    fetches: named("result", ({ result }) => result.values),
    threads,
  });
}

// The hidden matrices of a GPT of four layers and width 128.
const shapes = [1, 2, 3, 4].flatMap(() => [
  [128, 384],
  [128, 128],
  [128, 512],
  [512, 128],
]);

for (const algebra of all) {
  const fast = algebra.precision === "float32";
  for (const n of fast ? [128, 256, 512, 1024] : [128]) {
    const [a, b, result] = [0, 1, 2].map(() => matrix(algebra, n, n));
    const product = algebra.product([{ a, b, result }]);
    print(algebra, `product ${n}`, await fastest(() => product.runAsync()), 2 * n ** 3);
    const gram = algebra.gram([{ matrix: a, of: "rows", result, coefficients: { decay: 0.9, weight: 0.1 } }]);
    print(algebra, `gram ${n}`, await fastest(() => gram.runAsync()), 2 * n ** 3);
  }
  if (fast) {
    const tasks = shapes.map(([rows, columns]) => ({
      matrix: matrix(algebra, rows, columns),
      result: matrix(algebra, rows, columns),
    }));
    const operation = algebra.orthogonalise(tasks, { method: "newtonSchulz" });
    print(algebra, "Newton-Schulz, small GPT", await fastest(() => operation.runAsync()));
  }
  if (algebra === graph) continue;
  const n = 128;
  const [a, statistic, result, vectors] = [0, 1, 2, 3].map(() => matrix(algebra, n, n));
  algebra
    .gram([{ matrix: a, of: "rows", result: statistic, coefficients: { decay: 0, weight: 1 / n } }])
    .run();
  const values = statistic.values.slice(0, n);
  const eigen = algebra.symmetricEigen([{ matrix: statistic, values, vectors }]);
  print(algebra, `eigenvectors ${n}`, await fastest(() => eigen.runAsync()));
  const qr = algebra.qr([{ matrix: a, q: vectors }]);
  print(algebra, `QR ${n}`, await fastest(() => qr.runAsync()));
  for (const method of ["eigen", "coupledNewton"]) {
    const root = algebra.inverseRoot([{ matrix: statistic, result, root: 4 }], { method, epsilon: 1e-2 });
    const time = await fastest(() => root.runAsync());
    const [{ iterations, method: used }] = root.reports;
    print(algebra, `4th root ${n}, ${method}${used === method ? "" : ` -> ${used}`} (${iterations})`, time);
  }
}

// Many small products, where what a run and a product cost beside their arithmetic shows; graphs are chosen
// by these figures.
for (const algebra of all.slice(0, 1))
  for (const [count, n] of [1, 4, 16, 64].flatMap((count) => [8, 16, 32, 64].map((n) => [count, n]))) {
    const tasks = Array.from({ length: count }, () => {
      const [a, b, result] = [0, 1, 2].map(() => matrix(algebra, n, n));
      return { a, b, result };
    });
    const flop = 2 * count * n ** 3;
    const kernels = algebra.product(tasks);
    print(algebra, `${count} products ${n}`, await fastest(() => kernels.runAsync()), flop);
    const session = await productSession(tasks, n);
    print(graph, `${count} products ${n}`, await fastest(() => session.run()), flop);
    await session.release();
  }
await graph.release();
