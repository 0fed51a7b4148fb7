import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { networkBytes } from "./contestants/network.js";
import { measureElementwise } from "./elementwise.js";
import { measureGpt, measureGptProducts } from "./gpt.js";
import { interleave, nodeContestant, requireAgreement, torchContestant } from "./harness.js";
import { resultsPage } from "./results/page.js";
import { measureScheduler } from "./scheduler.js";
import { measureScoring } from "./scoring.js";

/**
 * Rules as PyTorch has them too, and bytes of minimum traffic per parameter: x and g read, x written, every
 * state slot read and written.
 */
const rules = [
  { rule: "sgd", slots: 0 },
  { rule: "momentum", slots: 1, hyper: { beta: 0.9 } },
  { rule: "nesterov", slots: 1, hyper: { beta: 0.9 } },
  { rule: "adagrad", slots: 1 },
  { rule: "rmsprop", slots: 1 },
  { rule: "adadelta", slots: 2 },
  { rule: "adam", slots: 2 },
  { rule: "amsgrad", slots: 3 },
  { rule: "adamw", slots: 2, hyper: { weightDecay: 0.01 } },
  { rule: "adam-l2", slots: 2, hyper: { weightDecay: 0.01 } },
].map(({ rule, slots, hyper = {} }) => ({ rule, hyper, bytes: 4 * (3 + 2 * slots) }));
const sizes = [1e4, 1e5, 1e6, 1e7];
const common = { kind: "rule", learningRate: 1e-3, gradient: 0.1, checkedSteps: 3 };

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string" } },
});
const effort = options.quick ? { rounds: 3, seconds: 0.05 } : { rounds: 5, seconds: 0.2 };
/** For rows of which there are many: a round is short, since AdamW takes part in each. */
const rowEffort = options.quick ? { rounds: 3, seconds: 0.03 } : { rounds: 5, seconds: 0.1 };
const networkEffort = options.quick ? { rounds: 3, seconds: 0.3 } : { rounds: 7, seconds: 1 };
const say = (text) => process.stderr.write(`${text}\n`);

try {
  for (const peer of ["@jax-js/jax", "@tensorflow/tfjs", "wabt"]) import.meta.resolve(peer);
} catch {
  say("The peers are not installed. Run: npm ci --prefix benchmarks");
  process.exit(1);
}

const started = performance.now();
const load = loadavg()[0];
const folder = mkdtempSync(join(tmpdir(), "steepest-benchmark-"));
const file = join(folder, "network.f32");
writeFileSync(file, networkBytes());

const contestants = {
  ours: nodeContestant("ours", "ours.js"),
  unchecked: nodeContestant("ours unchecked", "ours.js"),
  triad: nodeContestant("triad", "triad.js"),
  jax: nodeContestant("jax-js", "jax.js"),
  tfjs: nodeContestant("tfjs", "tfjs.js"),
};
const single = await torchContestant("torch");
const foreach = await torchContestant("torch foreach");
if (single === undefined) say("python3 has no torch here: PyTorch is left out");

try {
  const triads = [];
  const updates = [];
  for (const elements of sizes) {
    say(`${elements.toExponential(0)} parameters`);
    const forms = {};
    for (const form of ["WebAssembly", "in place", "JavaScript"]) {
      const task = { kind: "triad", elements, form };
      const results = await interleave([{ name: form, contestant: contestants.triad, task }], effort);
      forms[form] = results.get(form);
    }
    triads.push({ elements, forms });
    for (const { rule, hyper, bytes } of rules) {
      const task = { ...common, rule, hyper, elements };
      const peers = elements <= 1e6 || !options.quick;
      const results = await interleave(
        [
          { name: "ours", contestant: contestants.ours, task: { ...task, nonFinite: "throw" } },
          {
            name: "ours unchecked",
            contestant: contestants.unchecked,
            task: { ...task, nonFinite: "ignore" },
          },
          ...(single === undefined
            ? []
            : [{ name: "torch", contestant: single, task: { ...task, foreach: false } }]),
          ...(foreach === undefined
            ? []
            : [{ name: "torch foreach", contestant: foreach, task: { ...task, foreach: true } }]),
          ...(peers
            ? [
                { name: "jax-js", contestant: contestants.jax, task },
                { name: "tfjs", contestant: contestants.tfjs, task },
              ]
            : []),
        ],
        effort,
      );
      requireAgreement(results, `${rule} at ${elements} parameters`, 1e-5);
      updates.push({ rule, bytes, elements, results });
    }
  }

  say("the other rules");
  const elementwise = await measureElementwise({
    ...{ ours: contestants.unchecked, beside: contestants.ours, common },
    ...{ elements: Math.max(...sizes), effort: rowEffort },
    torch: [
      { name: "torch", contestant: single, foreach: false },
      { name: "torch foreach", contestant: foreach, foreach: true },
    ].filter(({ contestant }) => contestant !== undefined),
  });

  say("784-100-10 network");
  const task = { kind: "network", file };
  const steps = await interleave(
    [
      { name: "ours", contestant: contestants.ours, task },
      ...(single === undefined ? [] : [{ name: "torch", contestant: single, task }]),
      { name: "jax-js", contestant: contestants.jax, task },
      { name: "tfjs", contestant: contestants.tfjs, task },
    ],
    networkEffort,
  );
  requireAgreement(steps, "the loss after twenty steps", 1e-4);
  const workload = await interleave(
    [{ name: "ours", contestant: contestants.ours, task: { kind: "workload" } }],
    networkEffort,
  );

  say("small GPT");
  const gpt = await measureGpt(
    folder,
    options.quick ? { rounds: 2, seconds: 0.1 } : { rounds: 5, seconds: 0.1 },
  );

  say("baby GPT beside its matrix products");
  const products = options.quick
    ? await measureGptProducts([4], { rounds: 2, seconds: 0.1 })
    : await measureGptProducts([4, 64], { rounds: 3, seconds: 0.1 });

  say("allocation");
  const calls = options.quick ? 2000 : 10_000;
  const allocation = [];
  for (const [name, measured] of [
    [
      "rule: AdamW over 100,000 parameters",
      { ...common, rule: "adamw", hyper: { weightDecay: 0.01 }, elements: 1e5, nonFinite: "throw" },
    ],
    ["network: forward, backward, Adam", task],
    ["fashion-mnist: mini-batch, forward, backward, Adam", { kind: "workload" }],
  ]) {
    await contestants.ours.ask({ command: "prepare", task: measured });
    const { bytes } = await contestants.ours.ask({ command: "allocation", calls });
    await contestants.ours.ask({ command: "release" });
    allocation.push({ name, bytes });
  }

  say("worker processes");
  const scheduler = await measureScheduler(options.quick ? 3 : 6);

  say("scoring AlgoPerf's logs");
  const scoring = measureScoring();
  if (scoring === undefined) say("AlgoPerf's logs are not beside the repository: scoring is left out");

  const page = resultsPage({
    scheduler,
    scoring,
    triads,
    updates,
    elementwise,
    steps,
    gpt,
    products,
    workload: workload.get("ours"),
    allocation,
    calls,
    quick: options.quick,
    load,
    torch: single && (await single.ask({ command: "describe" })),
    minutes: (performance.now() - started) / 60_000,
  });
  const path = options.out ?? new URL("RESULTS.md", import.meta.url);
  writeFileSync(path, page);
  process.stdout.write(page);
} finally {
  for (const contestant of [...Object.values(contestants), single, foreach]) contestant?.close();
  rmSync(folder, { recursive: true });
}
