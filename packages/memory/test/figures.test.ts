import { parseOptimizerSpec } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import {
  activationBytes,
  type Checkpointing,
  type MemoryPlan,
  modelStateBytes,
  namedModel,
  type PlanOptions,
  planMemory,
} from "../src/index.js";

/*
 * The figures that sources print, from the planner: those of the ZeRO and Megatron papers for GPT-2 XL and for
 * the small GPT-2 at batch 32 and sequence 1024, the lecture's chart, and what llm.c allocates.
 */

const [xlModel, smallModel] = [namedModel("gpt2-xl"), namedModel("gpt2")];
const xl = (options: PlanOptions = {}): MemoryPlan => planMemory(xlModel, options);
const small = (options: PlanOptions = {}): MemoryPlan => planMemory(smallModel, options);
const digits = (value: number, count: number): number => Number((value / 1e9).toFixed(count));
const gigabytes = (bytes: number): number => digits(bytes, 3);

const sum = (plan: MemoryPlan, isMeant: (term: MemoryPlan["terms"][number]) => boolean): number =>
  plan.terms.filter(isMeant).reduce((total, { bytes }) => total + bytes, 0);
const named = (plan: MemoryPlan, ...names: readonly string[]): number =>
  sum(plan, ({ name }) => names.includes(name));
const state = (plan: MemoryPlan): number => sum(plan, ({ category }) => category === "state");

describe("GPT-2 XL and GPT-2 at batch 32, sequences of 1024", () => {
  it("have 16Ψ of model states under mixed precision and Adam", () => {
    expect([xl(), small()].map((plan) => gigabytes(modelStateBytes(plan)))).toEqual([24.922, 1.991]);
    expect(modelStateBytes(xl())).toBe(16 * 1_557_611_200);
  });

  it("have a temporary buffer of 4Ψ and 12hbsL activations by ZeRO", () => {
    const plans = [xl({ method: "zero" }), small({ method: "zero" })];
    expect(plans.map((plan) => gigabytes(named(plan, "temporary buffers (fp32)")))).toEqual([6.23, 0.498]);
    expect(plans.map((plan) => gigabytes(activationBytes(plan)))).toEqual([60.398, 7.248]);
  });

  it("leave the √L-th part of activations with ZeRO's checkpointing, half by the other reading", () => {
    const read = (checkpoint: Checkpointing) =>
      [xl, small].map((plan) => gigabytes(activationBytes(plan({ method: "zero", checkpoint }))));
    expect(read({ kind: "sqrt" })).toEqual([8.718, 2.092]);
    expect(read({ kind: "full" })).toEqual([8.718, 2.092]);
    expect(read({ kind: "half" })).toEqual([30.199, 3.624]);
  });

  const layers = ["attention", "attention scores", "network", "norms"];

  it("have 114sbhL activations by Megatron's count, 34sbhL without attention's scores", () => {
    expect([xl(), small()].map((plan) => gigabytes(named(plan, ...layers)))).toEqual([286.89, 34.427]);
    const flash = [xl({ attention: "flash" }), small({ attention: "flash" })];
    expect(flash.map((plan) => gigabytes(named(plan, ...layers)))).toEqual([85.564, 10.268]);
    expect(named(xl({ attention: "flash" }), "attention statistics")).toBe(4 * 25 * 32 * 1024 * 48);
    const selective = xl({ checkpoint: { kind: "selective" } });
    expect(gigabytes(named(selective, ...layers))).toBe(85.564);
    expect(named(selective, "attention scores (one layer, recomputed)")).toBe(5 * 25 * 1024 ** 2 * 32);
  });

  it("keep 2sbhL and one live layer with full checkpointing", () => {
    const live = layers.map((name) => `${name} (one layer, recomputed)`);
    const kept = (options: PlanOptions) =>
      [xl, small].map((plan) =>
        gigabytes(
          named(plan({ checkpoint: { kind: "full" }, ...options }), "inputs of layers, kept", ...live),
        ),
      );
    expect(kept({})).toEqual([11.01, 3.473]);
    expect(kept({ attention: "flash" })).toEqual([6.816, 1.46]);
  });

  it("keep the input of every k-th layer and k live ones between", () => {
    const every = xl({ checkpoint: { kind: "every", layers: 7 } });
    const sbh = 1024 * 32 * 1600;
    expect(named(every, "inputs of layers, kept")).toBe(2 * sbh * 7);
    expect(named(every, ...layers.map((name) => `${name} (7 of the layers, recomputed)`))).toBe(
      7 * 114 * sbh,
    );
    const one = xl({ checkpoint: { kind: "every", layers: 1 } });
    expect(one.totalBytes).toBe(xl({ checkpoint: { kind: "full" } }).totalBytes);
  });

  it("have 4sbV of logits, up to ten bytes each", () => {
    for (const plan of [xl(), small()]) {
      const logits = plan.terms.find(({ category }) => category === "logits");
      expect(gigabytes(logits?.bytes ?? 0)).toBe(6.587);
      expect(logits).toMatchObject({ low: 2 * 32 * 1024 * 50_257, high: 10 * 32 * 1024 * 50_257 });
    }
  });

  it("share model states over eight workers by the stages of ZeRO", () => {
    const shared = (zero: 1 | 2 | 3) =>
      [xl, small].map((plan) => gigabytes(modelStateBytes(plan({ parallelism: { zero, devices: 8 } }))));
    expect(shared(1)).toEqual([8.567, 0.684]);
    expect(shared(2)).toEqual([5.841, 0.467]);
    expect(shared(3)).toEqual([3.115, 0.249]);
  });

  it("gather the largest layer, or the token embedding, under ZeRO-3", () => {
    const gathered = (plan: MemoryPlan) => plan.terms.find(({ name }) => name === "gathered layers");
    expect(gathered(xl({ parallelism: { zero: 3, devices: 8 } }))).toMatchObject({
      low: 2 * 50_257 * 1600,
      bytes: 4 * 50_257 * 1600,
      high: 6 * 50_257 * 1600,
    });
  });

  const optimizers: readonly (readonly [string, string | undefined, number, readonly [number, number]])[] = [
    ["momentum", undefined, 3, [6.23, 0.498]],
    ["lion", undefined, 3, [6.23, 0.498]],
    ["adam", undefined, 3, [12.461, 0.996]],
    ["adafactor", undefined, 4, [0.0091, 0.0013]],
    ["muon", undefined, 3, [6.563, 0.656]],
    ["muon", "adamw", 3, [6.563, 0.656]],
    ["soap", "adamw", 2, [57.68, 3.6]],
    ["shampoo", "adamw", 2, [23.27, 1.62]],
  ];
  it.each(optimizers)("have the state of %s (the rest: %s)", (optimizer, rest, places, expected) => {
    const options: PlanOptions = {
      optimizer: parseOptimizerSpec(optimizer),
      rest: rest === undefined ? undefined : parseOptimizerSpec(rest),
    };
    expect([xl(options), small(options)].map((plan) => digits(state(plan), places))).toEqual(expected);
  });

  it("have 8-bit Adam's state in blocks of 256, and the small model's three digits of Shampoo", () => {
    expect([xl, small].map((plan) => gigabytes(state(plan({ eightBitState: true }))))).toEqual([
      3.164, 0.253,
    ]);
    const shampoo = small({ optimizer: parseOptimizerSpec("shampoo"), rest: parseOptimizerSpec("adamw") });
    expect(gigabytes(state(shampoo))).toBe(1.618);
  });
});

describe("Megatron's general count", () => {
  it("is 64sbh + 4as²b for a layer in fp32 without dropout", () => {
    const plan = small({ precision: "fp32", dropout: false, batch: 3, sequence: 100 });
    const layers = named(plan, "attention", "attention scores", "network", "norms");
    expect(layers).toBe(12 * (64 * 100 * 3 * 768 + 4 * 12 * 100 ** 2 * 3));
  });

  it("divides by tensor parallelism as its papers say: 10 + 24/t + 5as/ht, or all of it with the sequence", () => {
    const layer = (tensor: number, sequence: boolean) =>
      named(
        xl({ batch: 1, parallelism: { devices: tensor, tensor, sequence } }),
        ...["attention", "attention scores", "network", "norms"],
      ) /
      (48 * 1024 * 1600);
    expect(layer(5, false)).toBeCloseTo(10 + 24 / 5 + 80 / 5, 9);
    expect(layer(5, true)).toBeCloseTo(114 / 5, 9);
  });

  it("keeps all layers' activations on the first of P stages where P parts are under way", () => {
    const stages = xl({ batch: 4, accumulate: 4, parallelism: { devices: 4, pipeline: 4 } });
    const whole = xl({ batch: 1 });
    const layers = ["attention", "attention scores", "network", "norms"];
    expect(named(stages, ...layers)).toBe(named(whole, ...layers));
  });
});

describe("the lecture's chart of 1.5 billion parameters", () => {
  const plan = xl({ method: "lecture", parameters: 1.5e9 });

  it("is 3, 3, 6, 6, 6, 8, 6 and 3 GB", () => {
    expect(plan.terms.map(({ name, bytes }) => [name, digits(bytes, 0)])).toEqual([
      ["parameters (fp16)", 3],
      ["gradients (fp16)", 3],
      ["parameters (fp32)", 6],
      ["momentum (m)", 6],
      ["variance (v)", 6],
      ["activations (checkpointed)", 8],
      ["temporary buffers (fp32)", 6],
      ["fragmentation", 3],
    ]);
    expect(modelStateBytes(plan)).toBe(24e9);
  });

  it("does not fit in 32 GB", () => {
    expect(plan).toMatchObject({ parameters: 1.5e9, fits: false, settings: { device: 32e9 } });
    expect(digits(plan.totalBytes, 0)).toBe(41);
  });

  it("has about 60 GB of activations without checkpointing, 30 by the reading of half", () => {
    const read = (kind: "none" | "half") =>
      digits(activationBytes(xl({ method: "lecture", parameters: 1.5e9, checkpoint: { kind } })), 1);
    expect([read("none"), read("half")]).toEqual([60.4, 30.2]);
  });
});

describe("llm.c", () => {
  /** Its program prints whole MiB, as its predictions in pull request 309 do. */
  const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20);
  const predicted = (plan: MemoryPlan) => sum(plan, ({ category }) => category !== "context");
  const activations = (plan: MemoryPlan) =>
    sum(plan, ({ category }) => category === "activations" || category === "logits");

  it("allocates 13,629 MiB of activations for GPT-2 at batch 32, 2,853 without cuDNN at batch 4", () => {
    expect(mebibytes(activations(small({ method: "llmc" })))).toBe(13_629);
    expect(mebibytes(activations(small({ method: "llmc", batch: 4, attention: "unfused" })))).toBe(2_853);
  });

  const totals = [
    ["gpt2", 32, 0, 15_769, 16_661],
    ["gpt2", 32, 1, 14_700, 15_593],
    ["gpt2-xl", 4, 0, 35_069, 35_975],
    ["gpt2-xl", 4, 1, 21_699, 22_601],
  ] as const;
  it.each(totals)(
    "needs for %s at batch %d with ZeRO-%d on 4 devices %d MiB, reported %d",
    (name, batch, zero, expected, reported) => {
      const plan = planMemory(namedModel(name), { method: "llmc", batch, parallelism: { devices: 4, zero } });
      expect(Math.abs(predicted(plan) / 2 ** 20 - expected)).toBeLessThanOrEqual(1);
      // With context and libraries the whole is what was measured.
      expect(Math.abs(plan.totalBytes / 2 ** 20 / reported - 1)).toBeLessThan(0.001);
      expect(plan.low / 2 ** 20).toBeLessThan(reported);
      expect(plan.high / 2 ** 20).toBeGreaterThan(reported);
    },
  );

  it("pads the vocabulary to a multiple of 128", () => {
    const plan = small({ method: "llmc" });
    expect(named(plan, "parameters (bf16)")).toBe(2 * (124_439_808 + 47 * 768));
    expect(named(plan, "logits")).toBe(2 * 32 * 1024 * 50_304);
  });
});

describe("spread over devices", () => {
  const llama = namedModel("llama-3-8b");
  const [layer, tokens, norm] = [218_112_000, 128_256 * 4096, 4096];
  const parameters = (pipeline: number, model = llama) =>
    planMemory(model, { parallelism: { devices: pipeline, pipeline } }).terms[0]?.bytes;

  it("has the parameters of the fullest stage: with the embedding, or with the head and the last norm", () => {
    expect(parameters(1)).toBe(2 * (32 * layer + 2 * tokens + norm));
    expect(parameters(3)).toBe(2 * (11 * layer + tokens));
    expect(parameters(4)).toBe(2 * (8 * layer + tokens + norm));
  });

  it("has the tied token embedding on the first and on the last stage", () => {
    const block = 12 * 768 ** 2 + 13 * 768;
    expect(parameters(5, smallModel)).toBe(2 * (3 * block + 50_257 * 768 + 1024 * 768));
    const [positions, end] = [1024 * 768, 2 * 768];
    expect(parameters(1, smallModel)).toBe(2 * (12 * block + 50_257 * 768 + positions + end));
  });

  it("cuts matrices, not vectors, for tensor parallelism", () => {
    const plan = planMemory(llama, { parallelism: { devices: 8, tensor: 8 } });
    const vectors = 65 * 4096;
    expect(plan.terms[0]?.bytes).toBe(2 * ((8_030_261_248 - vectors) / 8 + vectors));
  });

  it("has buckets of gradients as the usual libraries do, where there are several workers", () => {
    const buckets = (zero: 0 | 1, devices: number, model = llama) =>
      planMemory(model, { parallelism: { devices, zero } }).terms.find(
        ({ name }) => name === "buckets of gradients",
      );
    expect(buckets(0, 1)).toBeUndefined();
    expect(buckets(0, 2)).toMatchObject({ bytes: 2 * 8_030_261_248, low: 25 * 2 ** 20 });
    expect(buckets(1, 2)).toMatchObject({ bytes: 2 * 5e8, low: 0, high: 8 * 5e8 });
    expect(buckets(1, 2, smallModel)?.bytes).toBe(2 * 124_439_808);
  });

  it("sums half-precision gradients in fp32, shared as the gradients are", () => {
    const sums = (options: PlanOptions) =>
      small({ accumulate: 2, ...options }).terms.find(({ name }) => name === "sums of gradients (fp32)");
    const psi = 124_439_808;
    expect(sums({})).toMatchObject({ bytes: 4 * psi, low: 0, high: 4 * psi });
    expect(sums({ parallelism: { devices: 4, zero: 1 } })?.bytes).toBe(4 * psi);
    expect(sums({ parallelism: { devices: 4, zero: 2 } })?.bytes).toBe(psi);
    expect(sums({ precision: "fp32" })).toMatchObject({ bytes: 0, high: 4 * psi });
  });
});

it("counts the scratch of an update as far as the activations leave no room for it", () => {
  const optimizer = parseOptimizerSpec("shampoo");
  const scratch = (options: PlanOptions) => {
    const plan = small({ optimizer, precision: "fp32", ...options });
    const term = plan.terms.find(({ name }) => name === "scratch of the update");
    return { term, room: activationBytes(plan) + named(plan, "logits") };
  };
  // Of each hidden matrix two roots, and two matrices of its own shape.
  const sizes = [
    [2304, 768],
    [768, 768],
    [3072, 768],
    [768, 3072],
  ] as const;
  const whole = sizes.reduce(
    (sum, [rows, columns]) => sum + rows ** 2 + columns ** 2 + 2 * rows * columns,
    0,
  );
  const needed = 4 * 12 * whole;
  expect(scratch({}).term).toMatchObject({ bytes: 0, low: 0, high: needed });
  const tight = scratch({ batch: 1, sequence: 8 });
  expect(tight.term?.bytes).toBe(needed - tight.room);
});
