// Memory traffic of fused kernels: node packages/optim/dev/bandwidth.js [elements] after `npm run build`.
// Traffic counted is the least a step needs: x and g read, x written, slots read and written.

import { wasmBackend } from "../dist/backends/wasm/backend.js";
import { adamw } from "../dist/rules/adamw.js";

const count = Number(process.argv[2] ?? 1e7);
const body = adamw.body({});
const hyper = Object.keys(adamw.hyper);
const compiled = wasmBackend.compile({ name: adamw.name, hyper, body });
const group = { count, spans: [{ offset: 0, count }] };
const names = ["x", "g", ...Object.keys(body.state)];
const stagger = Number(process.argv[3] ?? 0);
const stride = Math.ceil((count * 4) / 64) * 64 + stagger;
const memory = wasmBackend.allocate(names.length * stride + compiled.scratchBytes(group) + 64);
const arrays = Object.fromEntries(names.map((name, i) => [name, i * stride]));
const bound = compiled.bind(memory, group, { arrays, scratch: Math.ceil((names.length * stride) / 64) * 64 });
const x = new Float32Array(memory.buffer, 0, count);
const g = new Float32Array(memory.buffer, stride, count);
for (let i = 0; i < count; i++) {
  x[i] = Math.sin(i);
  g[i] = Math.cos(i * 1.7);
}
const values = Float64Array.from(Object.values(adamw.hyper).map((spec) => spec.default));
const times = [];
for (let step = 1; step <= 60; step++) {
  const start = performance.now();
  bound.run(step, values);
  if (step > 10) times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const median = times[times.length >> 1] ?? Number.NaN;
const gb = (ms) => ((28 * count) / ms / 1e6).toFixed(1);
process.stdout.write(
  `adamw ${count}: median ${median.toFixed(2)} ms ${gb(median)} GB/s, best ${(times[0] ?? 0).toFixed(2)} ms ${gb(times[0] ?? 0)} GB/s\n`,
);
