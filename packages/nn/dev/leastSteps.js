// What a step of the optimizers on matrices takes at least on the small GPT of the benchmarks: their products
// alone, each as fast as ONNX Runtime does it on one thread with everything in the cache, and their
// decompositions alone, against AdamW's whole step:
//   npm run build && node packages/nn/dev/leastSteps.js [rounds]
// No copy, no pass over elements and no session is counted, so that only other arithmetic or faster routines
// could get below. CPU time, minima over rounds in turn: the machine may be shared.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gptBytes, gptTask, gptWork } from "../../../benchmarks/contestants/gpt.js";
import { compile, createSession, input, matmul } from "../../graph/dist/index.js";
import { wasmLinearAlgebra } from "../../optim/dist/index.js";

const rounds = Number(process.argv[2] ?? 30);
/** Steps between two turns of a basis, or two computations of roots; they are spread over all. */
const period = 10;
const block = 128;
const newtonSchulzSteps = 5;

const folder = mkdtempSync(join(tmpdir(), "steepest-least-"));
const file = join(folder, "gpt.f32");
writeFileSync(file, gptBytes());
const work = gptWork(file);
const matrices = work.parameters.filter(([, shape]) => shape.length === 2);
const hidden = matrices.filter(([name]) => name.startsWith("h."));
const vectors = work.parameters.filter(([, shape]) => shape.length === 1).map(([, [n]]) => n);

/** Muon: in rounds on the Gram matrix where a matrix is not square, else three products a step. */
const muon = hidden.flatMap(([, [rows, columns]]) => {
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  const square = [short, short, short];
  if (short === long) return Array(3 * newtonSchulzSteps).fill(square);
  // A², PA, PPA and PR a step; the first has no R yet, the last needs no A any more.
  const own = Array(4 * newtonSchulzSteps - 3).fill(square);
  return [[short, long, short], ...own, [short, short, long]];
});

/** The blocks of a matrix. */
const blocksOf = ([rows, columns]) => {
  const pieces = (size) =>
    Array.from({ length: Math.ceil(size / block) }, (_, i) => Math.min(block, size - i * block));
  return pieces(rows).flatMap((m) => pieces(columns).map((n) => [m, n]));
};
const blocks = matrices.flatMap(([, shape]) => blocksOf(shape));
/** Both Gram matrices, and a product on either side. */
const bothSides = ([m, n]) => [
  [m, m, n],
  [m, n, n],
];
const grams = ([m, n]) => [
  [m, n, m],
  [n, m, n],
];
const shampoo = blocks.flatMap((shape) => [...grams(shape), ...bothSides(shape)]);

/** Into the basis and out of it, and the Gram matrices. */
const soap = matrices.flatMap(([, shape]) => [...bothSides(shape), ...bothSides(shape), ...grams(shape)]);
/** At a turn: the mean out of the old basis and into the new one, and the factors times their bases. */
const turn = matrices.flatMap(([, shape]) => [
  ...bothSides(shape),
  ...bothSides(shape),
  ...shape.map((n) => [n, n, n]),
]);

/** Sides of the matrices that get a new basis. */
const sides = matrices.flatMap(([, shape]) => shape);

const noise = (length) => Float32Array.from({ length }, (_, i) => Math.sin(i * i));
const filled = (rows, columns) => ({ rows, columns, values: noise(rows * columns) });

/** In the order of first mention, with how many there are of each. */
const counted = (list) => {
  const counts = new Map();
  for (const shape of list) counts.set(String(shape), (counts.get(String(shape)) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({ shape: key.split(",").map(Number), count }));
};

/** Milliseconds of one product: of a row of them, from matrix to matrix, which stay in the cache. */
async function productTask([m, k, n]) {
  const pairs = 8;
  const b = input("b", [k, n]);
  let a = input("a", [m, k]);
  for (let i = 0; i < pairs; i++) a = matmul(matmul(a, b), b, { transposeB: true });
  const session = await createSession(compile({ a }), {
    feeds: { a: noise(m * k), b: noise(k * n).map((value) => value / Math.sqrt(Math.max(k, n))) },
    fetches: { a: new Float32Array(m * k) },
  });
  return { run: () => session.run(), share: 1 / (2 * pairs), release: () => session.release() };
}

const kernels = wasmLinearAlgebra();
const kernelTask = (operation) => ({ run: () => operation.run(), share: 1, release: () => undefined });

function qrTask(n) {
  const matrix = filled(n, n);
  return kernelTask(kernels.qr([{ matrix, q: filled(n, n) }]));
}

function rootTask(n) {
  const [matrix, result] = [filled(n, n), filled(n, n)];
  const gram = {
    matrix: filled(n, 2 * n),
    of: "rows",
    result: matrix,
    coefficients: { decay: 0, weight: 1 },
  };
  kernels.gram([gram]).run();
  return kernelTask(kernels.inverseRoot([{ matrix, result, root: 4 }], { method: "eigen", epsilon: 1e-12 }));
}

const parts = [
  ...counted(muon).map((each) => ({ method: "Muon", what: "product", ...each })),
  ...counted(shampoo).map((each) => ({ method: "Shampoo", what: "product", ...each })),
  ...counted([...blocks.flat(), ...vectors]).map((each) => ({ method: "Shampoo", what: "root", ...each })),
  ...counted(soap).map((each) => ({ method: "SOAP", what: "product", ...each })),
  ...counted(turn).map((each) => ({ method: "SOAP", what: "product at a turn", ...each })),
  ...counted(sides).map((each) => ({ method: "SOAP", what: "QR", ...each })),
];
const makers = { root: ([n]) => rootTask(n), QR: ([n]) => qrTask(n) };
const adamw = await gptTask({ ...work, optimizer: "adamw:lr=0.001,weightDecay=0.01", period });
const tasks = new Map([["AdamW", { run: adamw.call, share: 1 / period, release: adamw.release }]]);
const keyOf = ({ what, shape }) => `${what in makers ? what : "product"} ${shape.join(" x ")}`;
for (const part of parts)
  if (!tasks.has(keyOf(part))) tasks.set(keyOf(part), await (makers[part.what] ?? productTask)(part.shape));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const least = new Map([...tasks.keys()].map((key) => [key, Infinity]));
for (let round = 0; round < rounds; round++)
  for (const [key, { run, share }] of tasks) {
    const start = cpu();
    await run();
    least.set(key, Math.min(least.get(key), (cpu() - start) * share));
  }
for (const { release } of tasks.values()) await release();
rmSync(folder, { recursive: true });

const print = (line) => process.stdout.write(`${line}\n`);
const step = least.get("AdamW");
print(`AdamW's step: ${step.toFixed(2)} ms`);
for (const method of ["Muon", "Shampoo", "SOAP"]) {
  let sum = 0;
  for (const part of parts.filter((each) => each.method === method)) {
    const { what, shape, count } = part;
    const each = least.get(keyOf(part));
    const time = (each * count) / (what === "product" ? 1 : period);
    sum += time;
    print(
      `${method.padEnd(8)}${`${count} x ${what} ${shape.join(" x ")}`.padEnd(44)}${(1000 * each).toFixed(1).padStart(9)} us each${time.toFixed(2).padStart(8)} ms a step`,
    );
  }
  print(
    `${method}: at least ${sum.toFixed(2)} ms more than the network, ${(1 + sum / step).toFixed(2)} of AdamW's step`,
  );
}
