import { parseOptimizerSpec, registry } from "@steepest/optim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Checkpointing,
  checkpointReadings,
  fitVerdict,
  largestThatFits,
  memoryByOptimizer,
  memoryChanges,
  modelStateBytes,
  namedModel,
  type PlanOptions,
  parameterCount,
  planMemory,
} from "../src/index.js";

const gpt2 = namedModel("gpt2");
const llama = namedModel("llama-3.2-1b");
const tiny = namedModel("nanogpt-cpu");
const byName = { gpt2, llama };

const checkpoints: readonly Checkpointing[] = [
  ...(["none", "selective", "full", "half", "sqrt"] as const).map((kind) => ({ kind })),
  { kind: "every", layers: 3 },
];
const transformerOptions = fc.record({
  batch: fc.integer({ min: 1, max: 64 }).map((count) => 2 * count),
  sequence: fc.integer({ min: 2, max: 1024 }),
  accumulate: fc.constantFrom(1, 2),
  checkpoint: fc.constantFrom(...checkpoints),
  attention: fc.constantFrom("unfused" as const, "flash" as const),
  precision: fc.constantFrom("mixed-fp16", "fp32", "bf16"),
  optimizer: fc.constantFrom(...["adamw", "sgd", "muon", "shampoo"].map(parseOptimizerSpec)),
  eightBitState: fc.boolean(),
  device: fc.double({ min: 1e9, max: 4e11, noNaN: true }),
  parallelism: fc
    .record({
      data: fc.constantFrom(1, 4),
      zero: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    })
    .map(({ data, zero }) => ({ devices: data, zero })),
});

/** Plans of two transformers under any settings. */
const anyPlan = fc.tuple(fc.constantFrom("gpt2" as const, "llama" as const), transformerOptions);
const runs = { numRuns: 10 };

describe("every plan", () => {
  it("is the sum of its terms, each within its range, with formula and source", () => {
    fc.assert(
      fc.property(anyPlan, ([name, options]) => {
        const model = byName[name];
        const { terms, totalBytes, low, high, fits } = planMemory(model, options);
        for (const term of terms) {
          expect(Number.isSafeInteger(term.bytes), term.name).toBe(true);
          expect(term.low, term.name).toBeLessThanOrEqual(term.bytes);
          expect(term.high, term.name).toBeGreaterThanOrEqual(term.bytes);
          expect(term.formula).not.toBe("");
          expect(term.source).not.toBe("");
        }
        expect(new Set(terms.map(({ name }) => name)).size).toBe(terms.length);
        const sum = (of: "bytes" | "low" | "high") => terms.reduce((total, term) => total + term[of], 0);
        expect([totalBytes, low, high]).toEqual([sum("bytes"), sum("low"), sum("high")]);
        expect(fits).toBe(totalBytes <= options.device);
      }),
      runs,
    );
  });

  it("needs no less for larger batches, longer sequences and more layers, no more under more sharing", () => {
    fc.assert(
      fc.property(anyPlan, ([name, options]) => {
        const model = byName[name];
        const total = (changes: PlanOptions) => planMemory(model, { ...options, ...changes }).totalBytes;
        const before = total({});
        // Equal where activations lie in room that the update needs in any case.
        expect(total({ batch: 2 * options.batch })).toBeGreaterThanOrEqual(before);
        expect(total({ sequence: options.sequence - 1 })).toBeLessThanOrEqual(before);
        const states = (zero: 0 | 1 | 2 | 3) =>
          modelStateBytes(planMemory(model, { ...options, parallelism: { devices: 4, zero } }));
        expect(states(1)).toBeLessThanOrEqual(states(0));
        expect(states(2)).toBeLessThanOrEqual(states(1));
        expect(states(3)).toBeLessThan(states(2));
      }),
      runs,
    );
  });

  it("has the state that each optimizer declares, in float32", () => {
    for (const entry of registry) {
      const plan = planMemory(tiny, { optimizer: parseOptimizerSpec(entry.name), precision: "fp32" });
      const state = plan.terms.filter(({ category }) => category === "state");
      const { state: slots, inputs, evaluation } = entry.arrays(tiny.parameters);
      const declared = [...slots, ...inputs].reduce((sum, { bytes }) => sum + bytes, evaluation);
      expect(
        state.reduce((sum, { bytes }) => sum + bytes, 0),
        entry.name,
      ).toBe(declared);
    }
  });

  it("scales with the parameters that stand in place of the model's own", () => {
    const half = planMemory(gpt2, { parameters: parameterCount(gpt2.parameters) / 2 });
    expect(modelStateBytes(half)).toBe(modelStateBytes(planMemory(gpt2)) / 2);
  });

  it("takes the given fragmentation and context in place of its own", () => {
    const plan = planMemory(gpt2, { fragmentation: 0.25, overhead: 1e9, method: "zero" });
    const rest = plan.terms.filter(({ category }) => !["fragmentation", "context"].includes(category));
    const whole = rest.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(plan.totalBytes).toBe(Math.round(0.25 * whole) + whole + 1e9);
    expect(planMemory(gpt2, { overhead: 0 }).terms.some(({ category }) => category === "context")).toBe(
      false,
    );
  });
});

describe("single changes", () => {
  it("free what the plan with them has less, the most first", () => {
    fc.assert(
      fc.property(anyPlan, ([name, options]) => {
        const model = byName[name];
        const plan = planMemory(model, options);
        const changes = memoryChanges(plan);
        const freed = changes.map(({ freedBytes }) => freedBytes);
        expect(freed).toEqual(freed.toSorted((a, b) => b - a));
        for (const { terms, totalBytes, freedBytes, fits } of changes) {
          expect(terms.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes);
          expect(plan.totalBytes - totalBytes).toBe(freedBytes);
          expect(fits).toBe(totalBytes <= options.device);
        }
        const checkpointing = changes.find(({ flags }) => flags === "--checkpoint");
        const full = planMemory(model, { ...options, checkpoint: { kind: "full" } });
        expect(checkpointing?.totalBytes ?? full.totalBytes).toBe(full.totalBytes);
      }),
      runs,
    );
  });

  it("accumulate only over parts that divide the batch", () => {
    const flags = (batch: number, accumulate: number) =>
      memoryChanges(planMemory(gpt2, { batch, accumulate })).map((change) => change.flags);
    expect(flags(8, 2)).toContain("--accumulate 4");
    // 3 examples a part have no half.
    expect(flags(6, 2)).not.toContain("--accumulate 4");
    expect(flags(3, 1)).not.toContain("--accumulate 2");
  });

  it("share over eight times the devices that there are", () => {
    const options: PlanOptions = { parallelism: { devices: 2, tensor: 2 } };
    const sharing = memoryChanges(planMemory(gpt2, options)).find(
      ({ flags }) => flags === "--zero 3 --gpus 16",
    );
    const shared = planMemory(gpt2, { parallelism: { devices: 16, tensor: 2, zero: 3 } });
    expect(sharing?.totalBytes).toBe(shared.totalBytes);
  });

  it("of models without sequences or layers leave these alone", () => {
    for (const name of ["784-100-10", "resnet-50"]) {
      const flags = memoryChanges(planMemory(namedModel(name))).map((change) => change.flags);
      expect(flags.filter((flag) => /--seq|--checkpoint/.test(flag))).toEqual([]);
      expect(flags).toContain("--state 8bit");
    }
  });
});

describe("what just fits", () => {
  it("fits, and one more does not", () => {
    fc.assert(
      fc.property(anyPlan, ([name, options]) => {
        const model = byName[name];
        const plan = planMemory(model, options);
        const { batch, sequence } = largestThatFits(plan, options);
        const fits = (changes: PlanOptions) => planMemory(model, { ...options, ...changes }).fits;
        const step = options.accumulate;
        if (batch !== undefined) expect(fits({ batch })).toBe(true);
        expect(fits({ batch: (batch ?? 0) + step })).toBe(false);
        const context = model === gpt2 ? 1024 : 131_072;
        if (sequence !== undefined) expect(fits({ sequence })).toBe(true);
        if (sequence !== context) expect(fits({ sequence: (sequence ?? 0) + 1 })).toBe(false);
      }),
      { numRuns: 3 },
    );
  });

  it("counts layers like the model's own, and knows the largest model by name", () => {
    const options = { batch: 1, device: 24e9 };
    const largest = largestThatFits(planMemory(gpt2, options), options);
    expect(largest.model).toBe("llama-3.2-1b");
    expect(planMemory(namedModel(largest.model ?? ""), options).fits).toBe(true);
    const same = { ...options, device: planMemory(gpt2, options).totalBytes };
    expect(largestThatFits(planMemory(gpt2, same), same).layers).toBe(12);
  });

  it("depends on a device", () => {
    expect(() => largestThatFits(planMemory(gpt2), {})).toThrow(/Give one, e\.g\. --device 32GB/);
  });
});

describe("the verdict", () => {
  const judged = (device: number) => {
    const plan = planMemory(gpt2, { device });
    return fitVerdict(plan, memoryChanges(plan));
  };
  const { totalBytes, high } = planMemory(gpt2);

  it("says by how much a run fits, even at worst, or is short", () => {
    expect(judged(high)).toEqual({ kind: "fits", spareBytes: high - totalBytes });
    expect(judged(high - 1)).toMatchObject({ kind: "tight", highBytes: high });
    expect(judged(totalBytes)).toMatchObject({ kind: "tight", spareBytes: 0 });
    expect(judged(totalBytes - 5)).toMatchObject({ kind: "short", shortBytes: 5 });
  });

  it("names the cheapest change that is enough, else the one that frees most", () => {
    expect(judged(totalBytes - 1)).toMatchObject({ remedy: { flags: "--attention flash", fits: true } });
    expect(judged(8e9)).toMatchObject({ remedy: { fits: false } });
    expect(judged(14e9)).toMatchObject({ remedy: { flags: "--checkpoint", fits: true } });
  });
});

it("orders the same run under every optimizer by what it needs", () => {
  for (const model of [tiny, namedModel("784-100-10")]) {
    const specs = registry.map(({ name }) => parseOptimizerSpec(name));
    const rows = memoryByOptimizer(planMemory(model, { precision: "fp32" }), specs);
    expect(rows.map(({ totalBytes }) => totalBytes)).toEqual(
      rows.map(({ totalBytes }) => totalBytes).toSorted((a, b) => a - b),
    );
    expect(new Set(rows.map(({ optimizer }) => optimizer)).size).toBe(registry.length);
    expect(rows[0]?.stateBytes).toBe(0);
  }
});

it("writes state an element of the parameters that there are, also where others stand in their place", () => {
  const { terms } = planMemory(gpt2, { parameters: 1e9, precision: "fp32" });
  for (const name of ["momentum (m)", "variance (v)"])
    expect(terms.find((term) => term.name === name)).toMatchObject({ bytes: 4e9, formula: "4Ψ" });
});

it("counts the logits of models without tokens once in float32, twice at most, in half precision at least", () => {
  const of = (precision: string) =>
    planMemory(namedModel("784-100-10"), { batch: 32, precision }).terms.find(
      ({ name }) => name === "logits",
    );
  expect(of("fp32")).toMatchObject({ bytes: 1280, low: 1280, high: 2560 });
  expect(of("mixed-fp16")).toMatchObject({ bytes: 1280, low: 640, high: 2560 });
});

it("reads activations under every kind of checkpointing that the method has", () => {
  const kinds = (options: PlanOptions) =>
    checkpointReadings(planMemory(gpt2, options)).map(({ kind }) => kind);
  expect(kinds({})).toEqual(["none", "selective", "full", "sqrt", "half"]);
  expect(kinds({ method: "zero" })).toEqual(["none", "full", "sqrt", "half"]);
  expect(kinds({ method: "llmc" })).toEqual(["none"]);
  expect(kinds({ checkpoint: { kind: "every", layers: 2 } })).toContain("every");
});
