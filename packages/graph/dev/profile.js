/**
 * Times one run, forward and backward, of the 784-100-10 classifier at batch 128 on one thread, its images
 * gathered from a bound uint8 data set, and prints where the time goes, node by node.
 *
 *   npm run build && node packages/graph/dev/profile.js [batch] [threads]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  add,
  cast,
  compile,
  createSession,
  divide,
  gather,
  gradients,
  input,
  logSoftmax,
  matmul,
  mean,
  multiply,
  negate,
  oneHot,
  parameter,
  relu,
  sum,
} from "@steepest/graph";

const [batch = 128, threads = 1] = process.argv.slice(2).map(Number);
const [images, pixels, hidden, classes] = [50_000, 784, 100, 10];
const warmup = 300;
const runs = 2000;

const index = input("index", [batch], "int32");
const x = divide(cast(gather(input("images", [images, pixels], "uint8"), index), "float32"), 255);
const labels = gather(input("labels", [images], "int32"), index);
const parameters = [
  parameter("weight0", [pixels, hidden]),
  parameter("bias0", [hidden]),
  parameter("weight1", [hidden, classes]),
  parameter("bias1", [classes]),
];
const [weight0, bias0, weight1, bias1] = parameters;
const logits = add(matmul(relu(add(matmul(x, weight0), bias0)), weight1), bias1);
const loss = negate(mean(sum(multiply(logSoftmax(logits), oneHot(labels, classes)), { axes: [-1] })));
const derivatives = gradients(loss, parameters);
const outputs = { loss, ...Object.fromEntries(derivatives.map((d, i) => [`d${i}`, d])) };
const compiled = compile(outputs);

const memory = new WebAssembly.Memory({ initial: 64 });
let offset = 0;
const view = ({ shape }) => {
  const array = new Float32Array(
    memory.buffer,
    offset,
    shape.reduce((a, b) => a * b, 1),
  );
  offset += Math.ceil(array.byteLength / 64) * 64;
  return array;
};
const feeds = {
  images: Uint8Array.from({ length: images * pixels }, (_, i) => (Math.imul(i, 2654435761) >>> 8) & 255),
  labels: Int32Array.from({ length: images }, (_, i) => i % classes),
  index: new Int32Array(batch),
};
for (const tensor of parameters) {
  const array = view(tensor);
  for (let i = 0; i < array.length; i++) array[i] = 0.05 * Math.sin(12.9898 * i);
  feeds[tensor.source.name] = array;
}
const fetches = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, view(tensor)]));

/** Milliseconds of every run, each on another batch, in ascending order. */
async function time(session) {
  const times = [];
  for (let run = 0; run < warmup + runs; run++) {
    for (let i = 0; i < batch; i++) feeds.index[i] = (run * batch * 131 + i * 7919) % images;
    const start = performance.now();
    await session.run();
    if (run >= warmup) times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

const print = (line) => process.stdout.write(`${line}\n`);
const session = await createSession(compiled, { feeds, fetches, threads });
for (let repetition = 0; repetition < 3; repetition++) {
  const times = await time(session);
  const at = (quantile) => times[Math.floor(quantile * (times.length - 1))].toFixed(3);
  print(
    `${compiled.nodeCount} nodes, batch ${batch}: median ${at(0.5)} ms, fastest ${at(0)} ms, 90% ${at(0.9)} ms`,
  );
}
await session.release();

const folder = mkdtempSync(join(tmpdir(), "steepest-profile-"));
try {
  const profiled = await createSession(compiled, {
    feeds,
    fetches,
    threads,
    profilePrefix: join(folder, "run"),
  });
  await time(profiled);
  await profiled.release();
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), "utf8"));
  const durations = new Map();
  for (const event of events) {
    if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
    const node = `${event.args.op_name} ${event.name.replace("_kernel_time", "")}`;
    durations.set(node, [...(durations.get(node) ?? []), event.dur]);
  }
  print("\nmicroseconds a run (median, fastest), node by node:");
  for (const [node, values] of durations) {
    values.sort((a, b) => a - b);
    print(`${String(values[values.length >> 1]).padStart(6)} ${String(values[0]).padStart(5)}  ${node}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
