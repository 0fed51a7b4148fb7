import { interleave, requireAgreement } from "./harness.js";

/*
 * The rules beside those of the first tables, at the size where memory decides. `bytes` is the least traffic
 * of a step a parameter: what is read, read once, and what changes, written once. `phases`: the same for each
 * pass over the arrays, where a sum over a parameter or over all must be known before the step can be made.
 * What happens every few steps (Sophia's Hessian, a wrapper's synchronisation) does not count as traffic,
 * though its time does.
 */
const rules = [
  { rule: "gd", bytes: 12 },
  { rule: "adamax", bytes: 28, torch: true },
  // PyTorch 1.13 debiases NAdam's look-ahead with one μ too many: the same work, but not quite the same
  // numbers.
  { rule: "nadam", bytes: 28, torch: true, tolerance: 1e-4 },
  { rule: "radam", bytes: 28, torch: true },
  { rule: "rprop", bytes: 28, torch: true },
  { rule: "nadamw", bytes: 28 },
  { rule: "nadamp", bytes: 28 },
  // Another root than the square root, which has an instruction.
  { rule: "nadamp", options: { root: "power" }, hyper: { degree: 3 }, bytes: 28 },
  { rule: "generalized-adam", bytes: 28 },
  { rule: "ademamix", bytes: 36 },
  { rule: "adamg", bytes: 36 },
  { rule: "adabelief", bytes: 28 },
  { rule: "yogi", bytes: 28 },
  { rule: "adan", bytes: 44 },
  { rule: "sophia", bytes: 24 },
  { rule: "lion", bytes: 20 },
  { rule: "cautious-adamw", bytes: 28, phases: 36 },
  { rule: "cautious-lion", bytes: 20, phases: 28 },
  { rule: "lars", bytes: 20, phases: 28 },
  { rule: "lamb", bytes: 28, phases: 40 },
  { rule: "amos", bytes: 28, phases: 36 },
  { rule: "amos", options: { style: "reduced" }, bytes: 20, phases: 24 },
  { rule: "dadapt-sgd", bytes: 24 },
  { rule: "dadapt-adam", bytes: 36 },
  { rule: "prodigy", bytes: 48, phases: 64 },
  { rule: "schedule-free-sgd", bytes: 20 },
  { rule: "schedule-free-adamw", bytes: 28 },
  { rule: "schedule-free-radam", bytes: 28 },
  { rule: "schedule-free-prodigy", bytes: 44, phases: 56 },
  { rule: "weight-ema", bytes: 36 },
  { rule: "lookahead", bytes: 28 },
  { rule: "lawa-queue", bytes: 28 },
  { rule: "lawa-ema", bytes: 36 },
  { rule: "diloco", bytes: 28 },
];
const yardstick = { rule: "adamw", bytes: 28 };

/** The task of a rule in its default form, or in one that options and hyper-parameters choose. */
const taskOf = (common, elements, { rule, options = {}, hyper = {} }) => ({
  ...common,
  ...{ rule, options, elements, hyper, nonFinite: "ignore" },
});

/**
 * Each rule in turn with AdamW, and with PyTorch where it has the rule: { label, bytes, phases, results },
 * whose `results` are those of `interleave`, "ours", "adamw" and PyTorch's forms.
 */
export async function measureElementwise({ ours, beside, torch, common, elements, effort }) {
  const measured = [];
  for (const row of rules) {
    const task = taskOf(common, elements, row);
    const results = await interleave(
      [
        { name: "ours", contestant: ours, task },
        ...(row.torch
          ? torch.map(({ name, contestant, foreach }) => ({ name, contestant, task: { ...task, foreach } }))
          : []),
        { name: "adamw", contestant: beside, task: taskOf(common, elements, yardstick) },
      ],
      effort,
    );
    const chosen = Object.entries(row.hyper ?? {}).map(([name, value]) => `${name} ${value}`);
    const label = [row.rule, ...Object.values(row.options ?? {}), ...chosen].join(", ");
    const comparable = [...results].filter(([name]) => name !== "adamw");
    requireAgreement(comparable, `${label} at ${elements} parameters`, row.tolerance ?? 1e-5);
    const { bytes, phases = bytes } = row;
    measured.push({ label, bytes, phases, results, yardstickBytes: yardstick.bytes });
  }
  return measured;
}
