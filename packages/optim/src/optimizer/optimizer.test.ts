import { describe, expect, it } from "vitest";
import { SteepestError } from "../errors.js";
import { defineRule } from "../language/defineRule.js";
import { mul, sub } from "../language/expression.js";
import { stepSize } from "../language/hyper.js";
import type { ParameterSpec } from "../parameter.js";
import { adamw } from "../rules/adamw.js";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../safetensors/safetensors.js";
import type { Optimizer, OptimizerConfig, StateDictionary } from "./config.js";
import { createRuleOptimizer } from "./optimizer.js";
import { clearingPeriod } from "./passes/subnormal.js";

const parameters: readonly ParameterSpec[] = [
  { name: "layers.0.weight", shape: [7, 5], role: "hiddenMatrix" },
  { name: "layers.0.bias", shape: [5], role: "bias" },
  { name: "empty", shape: [0, 3], role: "other" },
  { name: "scale", shape: [], role: "norm" },
  { name: "layers.1.weight", shape: [5, 13], role: "head" },
];

/** Fixed values of mixed sign and size. */
const pattern = (seed: number, index: number) => Math.fround(Math.sin(seed * 12.9898 + index * 78.233) * 1.5);

function fill(optimizer: Optimizer, step: number): void {
  parameters.forEach(({ name }, p) => {
    const gradient = optimizer.gradient(name);
    gradient.forEach((_, i) => {
      gradient[i] = pattern(step * 10 + p, i);
    });
  });
}

function initialise(optimizer: Optimizer): Optimizer {
  parameters.forEach(({ name }, p) => {
    const view = optimizer.parameter(name);
    view.forEach((_, i) => {
      view[i] = pattern(1000 + p, i);
    });
  });
  return optimizer;
}

const build = (config: OptimizerConfig = {}, rule = adamw) =>
  initialise(createRuleOptimizer({ rule }, parameters, config));

function run(optimizer: Optimizer, from: number, to: number): Optimizer {
  for (let step = from; step <= to; step++) {
    fill(optimizer, step);
    optimizer.step();
  }
  return optimizer;
}

const everything = (optimizer: Optimizer) => parameters.map(({ name }) => [...optimizer.parameter(name)]);
const bytes = (optimizer: Optimizer) => new Uint8Array(optimizer.memory).slice();

function caught(action: () => unknown): SteepestError {
  try {
    action();
  } catch (error) {
    if (error instanceof SteepestError) return error;
    throw error;
  }
  throw new Error("expected a SteepestError");
}

function expectClose(a: Optimizer, b: Optimizer, tolerance: number) {
  const left = everything(a).flat();
  everything(b)
    .flat()
    .forEach((value, i) => {
      expect(Math.abs((left[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(tolerance);
    });
}

describe("an optimizer", () => {
  it("updates every parameter alike on both back ends, the empty and the one-element one too", () => {
    expectClose(run(build(), 1, 20), run(build({ backend: "float64" }), 1, 20), 1e-5);
  });

  it("gives parameters the values of the first group that names them", () => {
    const optimizer = build({
      groups: [
        { names: ["scale"], hyper: { lr: 0 } },
        { roles: ["bias", "norm"], hyper: { weightDecay: 0 }, schedule: () => 0.5 },
      ],
    });
    expect(
      optimizer.groups.map(({ parameters: names, hyper }) => [names, hyper.lr, hyper.weightDecay]),
    ).toEqual([
      [["scale"], 0, 0.01],
      [["layers.0.bias"], 1e-3, 0],
      [["layers.0.weight", "empty", "layers.1.weight"], 1e-3, 0.01],
    ]);
    const [before] = optimizer.parameter("scale");
    const bias = Float64Array.from(optimizer.parameter("layers.0.bias"));
    run(optimizer, 1, 1);
    expect(optimizer.parameter("scale")[0]).toBe(before);
    // The first step of Adam is lr·sign(g): half of it here.
    expect(Math.abs((optimizer.parameter("layers.0.bias")[0] ?? 0) - (bias[0] ?? 0))).toBeCloseTo(5e-4, 7);
  });

  it("multiplies lr by the schedule, and takes new hyper-parameters without recompiling", () => {
    const scheduled = run(build({ schedule: (step) => 1 / step }), 1, 5);
    const byHand = build();
    for (let step = 1; step <= 5; step++) {
      byHand.setHyper("lr", 1e-3 * (1 / step));
      run(byHand, step, step);
    }
    expect(everything(scheduled)).toEqual(everything(byHand));
  });

  it("clips by global norm and then by value", () => {
    const sgd = defineRule({
      name: "plain",
      title: "SGD",
      summary: "x − lr·g",
      cite: { authors: "-", year: 1951, title: "-" },
      hyper: { lr: stepSize(1) },
      body: (rule) => rule.elementwise({ update: ({ x, g, lr }) => ({ x: sub(x, mul(lr, g)) }) }),
    });
    for (const backend of ["wasm", "float64"] as const) {
      const optimizer = build({ backend, clip: { globalNorm: 2, value: 0.4 } }, sgd);
      const before = everything(optimizer);
      fill(optimizer, 1);
      const gradients = parameters.map(({ name }) => [...optimizer.gradient(name)]);
      const norm = Math.sqrt(gradients.flat().reduce((sum, g) => sum + g * g, 0));
      expect(norm).toBeGreaterThan(2);
      expect(optimizer.step().gradientNorm).toBeCloseTo(norm, 10);
      everything(optimizer).forEach((values, p) => {
        values.forEach((value, i) => {
          const g = ((gradients[p]?.[i] ?? 0) * 2) / (norm + 1e-6);
          expect(value).toBeCloseTo((before[p]?.[i] ?? 0) - Math.max(-0.4, Math.min(0.4, g)), 6);
        });
      });
    }
  });

  it("averages accumulated gradients", () => {
    for (const backend of ["wasm", "float64"] as const) {
      const accumulating = build({ backend, accumulate: 3, clip: { globalNorm: 0.5 } });
      const plain = build({ backend, clip: { globalNorm: 0.5 } });
      for (let step = 1; step <= 4; step++) {
        const mean = parameters.map(({ name }) => new Float64Array(plain.gradient(name).length));
        for (let part = 0; part < 3; part++) {
          fill(accumulating, step * 3 + part);
          parameters.forEach(({ name }, p) => {
            mean[p]?.forEach((sum, i, array) => {
              array[i] = sum + (accumulating.gradient(name)[i] ?? 0) / 3;
            });
          });
          expect(accumulating.step().applied).toBe(part === 2);
        }
        parameters.forEach(({ name }, p) => {
          plain.gradient(name).set(mean[p] ?? []);
        });
        plain.step();
      }
      expect(accumulating.stepCount).toBe(4);
      expectClose(accumulating, plain, 2e-6);
    }
  });

  it("names a non-finite gradient and changes nothing", () => {
    for (const config of [
      {},
      { accumulate: 2 },
      { backend: "float64" },
      { clip: { globalNorm: 1 } },
    ] as const) {
      const optimizer = run(build(config), 1, 3);
      fill(optimizer, 4);
      optimizer.gradient("layers.1.weight")[5 * 2 + 16] = Number.NaN;
      const before = bytes(optimizer);
      const steps = optimizer.stepCount;
      const error = caught(() => optimizer.step());
      expect(error.code).toBe("non-finite");
      expect(error.message).toContain(`the gradient of layers.1.weight[2, 0] is NaN at step ${steps + 1}`);
      expect(optimizer.stepCount).toBe(steps);
      // The scratch of kernels may differ: parameters, gradients and slots may not.
      const after = bytes(optimizer);
      const used = before.length - optimizer.arenaBytes.total + optimizer.extra.byteOffset;
      expect(used).toBeGreaterThan(0);
      for (const { name } of parameters) {
        for (const view of [
          optimizer.parameter(name),
          optimizer.state(name, "m"),
          optimizer.state(name, "v"),
        ]) {
          const end = view.byteOffset + view.byteLength;
          expect(after.slice(view.byteOffset, end)).toEqual(before.slice(view.byteOffset, end));
        }
      }
    }
  });

  it("skips and counts non-finite gradients, as if they had not been", () => {
    const skipping = build({ nonFinite: "skip" });
    const plain = build();
    for (let step = 1; step <= 6; step++) {
      fill(skipping, step);
      if (step % 2 === 0) skipping.gradient("scale")[0] = Number.POSITIVE_INFINITY;
      const report = skipping.step();
      expect(report.applied).toBe(step % 2 === 1);
      if (step % 2 === 1) run(plain, step, step);
    }
    expect(skipping.step().skipped).toBe(4);
    expect(everything(skipping)).toEqual(everything(plain));
  });

  it("finds an infinity or NaN at any place, whatever stands elsewhere", () => {
    // Through the loops over sixteen elements, over four and over one.
    const elements = 16 * 2 + 4 * 3 + 3;
    for (const config of [{}, { backend: "float64" }, { clip: { globalNorm: 1 } }] as const) {
      const optimizer = createRuleOptimizer(
        { rule: adamw },
        [{ name: "x", shape: [elements], role: "other" }],
        {
          ...config,
          nonFinite: "skip",
        },
      );
      const gradient = optimizer.gradient("x");
      for (let place = 0; place < elements; place++) {
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          gradient.fill(3e38).fill(-3e38, elements / 2);
          gradient[place] = value;
          // An infinity of the other sign does not cancel it.
          gradient[(place + 1) % elements] = -value;
          expect(optimizer.step().applied).toBe(false);
        }
      }
      gradient.fill(-3e38);
      expect(optimizer.step().applied).toBe(true);
    }
  });

  it("computes the gradient's norm only to clip by it", () => {
    expect(run(build(), 1, 1).step().gradientNorm).toBeUndefined();
    expect(run(build({ clip: { globalNorm: 1 } }), 1, 1).step().gradientNorm).toBeGreaterThan(0);
  });

  it("survives gradients whose squares leave float32's range", () => {
    const optimizer = build();
    for (const size of [1e20, 1e-30, 3e38]) {
      for (const { name } of parameters) optimizer.gradient(name).fill(size);
      expect(optimizer.step().applied).toBe(true);
    }
  });

  it("refuses impossible settings before anything is built", () => {
    const messages = [
      () => createRuleOptimizer({ rule: adamw, hyper: { lr: -1 } }, parameters),
      () => createRuleOptimizer({ rule: adamw, hyper: { beta1: 1 } }, parameters),
      () => createRuleOptimizer({ rule: adamw, hyper: { beta3: 0.5 } }, parameters),
      () => build({ groups: [{ names: ["layers.0.wieght"] }] }),
      () => build({ groups: [{ roles: ["bias"], hyper: { lr: Number.NaN } }] }),
      () => build({ accumulate: 0 }),
      () => build({ clip: { globalNorm: 0 } }),
      () => createRuleOptimizer({ rule: adamw }, [{ name: "w", shape: [-1], role: "other" }]),
      () => createRuleOptimizer({ rule: adamw }, [...parameters, ...parameters]),
      () => build().setHyper("lr", Number.POSITIVE_INFINITY),
      () => build().parameter("layers.0.wieght"),
      () => createRuleOptimizer({ rule: adamw }, [{ name: "w", shape: [2 ** 31], role: "other" }]),
    ].map((action) => caught(action).message);
    expect(messages).toMatchInlineSnapshot(`
      [
        "adamw: lr (step size) must be a finite step size >= 0, found -1. Leave it out for the default 0.001, or give a finite step size >= 0",
        "adamw: beta1 (decay of the mean of gradients) must be a decay rate in [0, 1), found 1. Leave it out for the default 0.9, or give a decay rate in [0, 1)",
        "unknown hyper-parameter or option of adamw "beta3". Did you mean "beta1"? Known: lr, beta1, beta2, eps, epsRoot, weightDecay, maximum",
        "unknown parameter in a group: "layers.0.wieght". Did you mean "layers.0.weight"? Known: layers.0.weight, layers.0.bias, empty, scale, layers.1.weight",
        "adamw: lr (step size) must be a finite step size >= 0, found NaN. Leave it out for the default 0.001, or give a finite step size >= 0",
        "accumulate is 0. Expected a number of gradients: an integer >= 1",
        "clip.globalNorm is 0. Expected a number > 0, or leave it out",
        "parameter "w" has the shape [-1]. Sizes are integers >= 0",
        "two parameters are named "layers.0.weight". Give each its own name",
        "adamw: lr (step size) must be a finite step size >= 0, found Infinity. Leave it out for the default 0.001, or give a finite step size >= 0",
        "unknown parameter "layers.0.wieght". Did you mean "layers.0.weight"? Known: layers.0.weight, layers.0.bias, empty, scale, layers.1.weight",
        "34359738944 bytes for parameters, gradients and state are more than one WebAssembly memory can have here. It holds at most 4 GiB: use fewer parameters or an optimizer with less state",
      ]
    `);
  });
});

describe("state", () => {
  it("resumes to the same bits at any step, with accumulation under way", () => {
    for (const config of [{}, { accumulate: 3 }, { backend: "float64", accumulate: 2 }] as const) {
      const whole = run(build(config), 1, 12);
      for (const cut of [0, 1, 5, 11]) {
        const first = run(build(config), 1, cut);
        const second = build(config);
        second.loadState(first.saveState());
        for (const { name } of parameters) second.parameter(name).set(first.parameter(name));
        run(second, cut + 1, 12);
        expect(everything(second)).toEqual(everything(whole));
        expect(second.saveState()).toEqual(whole.saveState());
      }
    }
  });

  it("of another optimizer is refused with what was expected and found, and nothing changes", () => {
    const saved = run(build({ accumulate: 2 }), 1, 3).saveState();
    const edited = (edit: (description: Record<string, unknown>) => void): StateDictionary => {
      const description = JSON.parse(saved.metadata.optimizer ?? "");
      edit(description);
      return { ...saved, metadata: { optimizer: JSON.stringify(description) } };
    };
    const without = (name: string) => ({
      ...saved,
      tensors: new Map([...saved.tensors].filter(([key]) => key !== name)),
    });
    const withTensor = (name: string, tensor: SafetensorsTensor) => ({
      ...saved,
      tensors: new Map([...saved.tensors, [name, tensor]]),
    });
    const attempts: readonly [StateDictionary, RegExp][] = [
      [
        { ...saved, metadata: {} },
        /metadata "optimizer" should be the description of an optimizer, found none/,
      ],
      [{ ...saved, metadata: { optimizer: "{" } }, /not JSON/],
      [edited((one) => Object.assign(one, { rule: "lion" })), /rule should be adamw, found lion/],
      [
        edited((one) => Object.assign(one, { precision: "float64" })),
        /precision should be float32, found float64/,
      ],
      [edited((one) => Object.assign(one, { accumulate: "3" })), /gradients averaged should be 2, found 3/],
      [edited((one) => Object.assign(one, { step: "many" })), /step should be a number, found many/],
      [
        edited((one) => Object.assign(one, { groups: [] })),
        /number of parameter groups should be 1, found 0/,
      ],
      [without("scale/m"), /tensor "scale\/m" should be in the state, found none/],
      [without("scale/accumulated-gradient"), /tensor "scale\/accumulated-gradient" should be/],
      [
        withTensor("layers.1.weight/v", { dtype: "F32", shape: [13, 5], data: new Float32Array(65) }),
        /shape of "layers.1.weight\/v" should be \[5, 13\], found \[13, 5\]/,
      ],
      [
        withTensor("layers.1.weight/v", { dtype: "F64", shape: [5, 13], data: new Float64Array(65) }),
        /dtype of "layers.1.weight\/v" should be F32, found F64/,
      ],
    ];
    const optimizer = run(build({ accumulate: 2 }), 1, 1);
    const before = bytes(optimizer);
    const stateBefore = optimizer.saveState();
    for (const [state, message] of attempts) {
      const error = caught(() => optimizer.loadState(state));
      expect(error.message).toMatch(message);
      expect(["state-mismatch", "malformed-file"]).toContain(error.code);
    }
    expect(bytes(optimizer)).toEqual(before);
    expect(optimizer.saveState()).toEqual(stateBefore);
    optimizer.loadState(saved);
    expect(optimizer.saveState()).toEqual(saved);
  });

  it("survives a safetensors file", () => {
    const saved = run(build(), 1, 5).saveState();
    const optimizer = build();
    optimizer.loadState(decodeSafetensors(encodeSafetensors(saved.tensors, saved.metadata)));
    expect(optimizer.saveState()).toEqual(saved);
  });

  it("clears subnormal state at fixed steps, at any position, and does not hide NaN", () => {
    const optimizer = createRuleOptimizer({ rule: adamw }, [{ name: "w", shape: [23], role: "other" }], {
      nonFinite: "ignore",
    });
    const mean = optimizer.state("w", "m");
    const run = (steps: number) => {
      for (let i = 0; i < steps; i++) optimizer.step();
    };
    optimizer.gradient("w").fill(1e-30);
    run(clearingPeriod - 1);
    optimizer.gradient("w").fill(0);
    const subnormal = () => [...mean].filter((value) => value !== 0 && Math.abs(value) < 2 ** -126).length;
    run(1 + clearingPeriod / 2);
    const kept = mean[0] ?? 0;
    expect(kept).toBeGreaterThan(2 ** -126);
    run(clearingPeriod / 2 - 1);
    expect(subnormal()).toBe(23);
    run(1);
    expect(new Set(mean)).toEqual(new Set([0]));
    mean.fill(Number.NaN);
    run(clearingPeriod);
    expect(new Set(mean)).toEqual(new Set([Number.NaN]));
  });
});
