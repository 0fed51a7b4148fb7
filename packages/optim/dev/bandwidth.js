// Time of the fused kernels over the least that memory traffic allows at AdamW's rate, rule by rule, in turn
// with AdamW:
//   npm run build && node packages/optim/dev/bandwidth.js [--forms] [--elements 1e7] [rule...]
// --forms: every choice of options. "once": every array read once a step, and written once where it changes.
// "phases": once a phase, which is the least for arrays larger than the caches where a sum over them comes
// between.
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { elementArrays } from "../dist/backends/backend.js";
import { wasmBackend } from "../dist/backends/wasm/backend.js";
import { lowerPhase } from "../dist/backends/wasm/lower.js";
import { optionChoices } from "../dist/language/validate.js";
import { registry } from "../dist/registry.js";

const { values: settings, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    forms: { type: "boolean", default: false },
    elements: { type: "string", default: "1e7" },
    rounds: { type: "string", default: "12" },
  },
});
const count = Number(settings.elements);
const rounds = Number(settings.rounds);
/** Enough for the clock. */
const stepsAtOnce = Math.ceil(1e6 / count);
const entries = registry.filter(({ kind }) => kind === "rule");

/** A rule in one form over arrays of its own, and the bytes that a step moves at least. */
function contestant(entry, options) {
  const { rule } = entry;
  const chosen = entry.choose({});
  const hyper = { ...chosen.hyper, weightDecay: chosen.hyper.weightDecay };
  const body = rule.body({ ...chosen.options, ...options });
  const group = { count, spans: [{ offset: 0, count }] };
  const compiled = wasmBackend.compile({ name: rule.name, hyper: Object.keys(hyper), body });
  const names = elementArrays(body);
  const stride = Math.ceil((count * 4) / 64) * 64;
  const memory = wasmBackend.allocate(names.length * stride + compiled.scratchBytes(group));
  const arrays = Object.fromEntries(names.map((name, index) => [name, index * stride]));
  const bound = compiled.bind(memory, group, { arrays, scratch: names.length * stride });
  for (const name of ["x", "g"]) {
    const values = new Float32Array(memory.buffer, arrays[name], count);
    for (let i = 0; i < count; i++) values[i] = Math.cos(i * 1.7);
  }
  const initial = Object.values(body.carried).map((one) => (one.kind === "constant" ? one.value : 1e-6));
  bound.carried.set(initial);
  const values = Float64Array.from(Object.values(hyper), (value) => value ?? 0);
  const phases = body.phases.map((phase) => {
    const { nodes, stores } = lowerPhase(rule.name, phase);
    return {
      read: nodes.flatMap((node) => (node.kind === "load" ? [node.array] : [])),
      written: stores.map(({ array }) => array),
      always: phase.when === undefined,
    };
  });
  const always = phases.filter((phase) => phase.always);
  const distinct = (part) => new Set(always.flatMap((phase) => phase[part])).size;
  let step = 0;
  return {
    once: 4 * (distinct("read") + distinct("written")),
    perPhase: 4 * always.reduce((sum, { read, written }) => sum + read.length + written.length, 0),
    run: () => {
      const start = performance.now();
      for (let i = 0; i < stepsAtOnce; i++) bound.run(++step, values);
      return (performance.now() - start) / stepsAtOnce;
    },
  };
}

const adamw = contestant(
  entries.find(({ name }) => name === "adamw"),
  {},
);
for (const entry of entries.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  for (const options of settings.forms ? optionChoices(entry.rule) : [{}]) {
    const form = contestant(entry, options);
    const times = [];
    const yardstick = [];
    for (let round = 0; round < rounds; round++) {
      times.push(form.run());
      yardstick.push(adamw.run());
    }
    const best = Math.min(...times.slice(2));
    const rate = adamw.once / Math.min(...yardstick.slice(2));
    const share = (bytes) => (best * rate) / bytes;
    const name = `${entry.name} ${Object.values(options).join(" ")}`;
    process.stdout.write(
      `${name.padEnd(40)} ${((1e6 * best) / count).toFixed(3).padStart(7)} ns  once ${`${form.once}`.padStart(3)} B ${share(form.once).toFixed(2)}  phases ${`${form.perPhase}`.padStart(3)} B ${share(form.perPhase).toFixed(2)}${share(form.perPhase) > 1.3 ? "  *" : ""}\n`,
    );
  }
}
