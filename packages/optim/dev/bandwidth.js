// Memory traffic of the fused kernels, rule by rule:
//   npm run build && node packages/optim/dev/bandwidth.js [elements] [rule...]
// The traffic counted is the least that a step needs: every array read once, every changed array written once.
import { performance } from "node:perf_hooks";
import { wasmBackend } from "../dist/backends/wasm/backend.js";
import { lowerPhase } from "../dist/backends/wasm/lower.js";
import { registry } from "../dist/registry.js";

const [elements = "1e7", ...wanted] = process.argv.slice(2);
const count = Number(elements);
const rules = registry.flatMap((entry) => (entry.kind === "rule" ? [entry] : []));
const warmup = 10;
const measured = 40;

for (const { rule, choose } of rules.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const { hyper, options } = choose({});
  const body = rule.body(options);
  const group = { count, spans: [{ offset: 0, count }] };
  const compiled = wasmBackend.compile({ name: rule.name, hyper: Object.keys(hyper), body });
  const names = ["x", "g", ...Object.keys(body.state)];
  const stride = Math.ceil((count * 4) / 64) * 64;
  const memory = wasmBackend.allocate(names.length * stride + compiled.scratchBytes(group));
  const arrays = Object.fromEntries(names.map((name, index) => [name, index * stride]));
  const bound = compiled.bind(memory, group, { arrays, scratch: names.length * stride });
  const gradient = new Float32Array(memory.buffer, stride, count);
  for (let i = 0; i < count; i++) gradient[i] = Math.cos(i * 1.7);
  const values = Float64Array.from(Object.values(hyper));

  const bytes = body.phases.reduce((sum, phase) => {
    const { nodes, stores } = lowerPhase(rule.name, phase);
    return sum + 4 * (nodes.filter(({ kind }) => kind === "load").length + stores.length);
  }, 0);
  const times = [];
  for (let step = 1; step <= warmup + measured; step++) {
    const start = performance.now();
    bound.run(step, values);
    if (step > warmup) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const rate = (milliseconds) => `${((bytes * count) / milliseconds / 1e6).toFixed(1)} GB/s`;
  const median = times[measured >> 1] ?? Number.NaN;
  const best = times[0] ?? Number.NaN;
  process.stdout.write(
    `${rule.name.padEnd(10)} ${bytes} B/parameter  median ${median.toFixed(3)} ms ${rate(median)}  best ${best.toFixed(3)} ms ${rate(best)}\n`,
  );
}
