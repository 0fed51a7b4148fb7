import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClosureOptimizer } from "./closure/optimizer.js";
import { SteepestError } from "./errors.js";
import { type ArgumentValue, type HyperKind, type PresetName, presetNames } from "./language/rule.js";
import { createOptimizer } from "./optimizer/createOptimizer.js";
import { fromOriginal } from "./originals.js";
import { findOptimizer, registry } from "./registry.js";
import { formatOptimizerSpec, type OptimizerSpec, parseOptimizerSpec } from "./spec.js";
import { chooseBody } from "./values.js";

const validValue: Readonly<Record<HyperKind, fc.Arbitrary<number>>> = {
  stepSize: fc.double({ min: 0, max: 1e300, noNaN: true }),
  decayRate: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  nonNegative: fc.double({ min: 0, max: 1e300, noNaN: true }),
  positive: fc.double({ min: 0, minExcluded: true, max: 1e300, noNaN: true }),
  count: fc.integer({ min: 1 }),
  fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  growth: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e300, noNaN: true })),
  real: fc.double({ noNaN: true, noDefaultInfinity: true }),
};

const present = <Value>(
  record: Readonly<Record<string, Value | undefined>>,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Any specification that is valid, values and all. */
const spec: fc.Arbitrary<OptimizerSpec> = fc.constantFrom(...registry).chain((entry) =>
  fc
    .record({
      preset: fc.option(fc.constantFrom(...Object.keys(entry.presets), undefined), { nil: undefined }),
      hyper: fc.record(
        Object.fromEntries(Object.entries(entry.hyper).map(([name, { kind }]) => [name, validValue[kind]])),
        { requiredKeys: [] },
      ),
      options: fc.record(
        Object.fromEntries(
          Object.entries(entry.options).map(([name, { values }]) => [name, fc.constantFrom(...values)]),
        ),
        { requiredKeys: [] },
      ),
    })
    .map(({ preset, hyper, options }): OptimizerSpec => {
      const known = presetNames.find((name) => name === preset);
      return {
        name: entry.name,
        ...(known === undefined ? {} : { preset: known }),
        hyper: present(hyper),
        options: present(options),
      };
    })
    .filter((candidate) => {
      try {
        entry.choose(candidate);
        return true;
      } catch {
        return false;
      }
    }),
);

describe("the textual form of an optimizer", () => {
  it("reads names, values, options and presets", () => {
    expect(parseOptimizerSpec("adam")).toEqual({ name: "adam", hyper: {}, options: {} });
    expect(parseOptimizerSpec(" adam: lr=1e-2, beta1 = 0.8 ,preset=torch")).toEqual({
      name: "adam",
      preset: "torch",
      hyper: { lr: 0.01, beta1: 0.8 },
      options: {},
    });
    expect(parseOptimizerSpec("rmsprop:centered=true,epsPlacement=outside")).toEqual({
      name: "rmsprop",
      hyper: {},
      options: { centered: true, epsPlacement: "outside" },
    });
    expect(parseOptimizerSpec("adam:lr=+.5E-1").hyper).toEqual({ lr: 0.05 });
  });
  it("is read back as it was written", () => {
    fc.assert(
      fc.property(spec, (written) => {
        // 0 and −0 are one value to every rule.
        expect(JSON.stringify(parseOptimizerSpec(formatOptimizerSpec(written)))).toBe(
          JSON.stringify(written),
        );
      }),
    );
  });
});

function expectError(attempt: () => unknown, code: SteepestError["code"], message: RegExp): void {
  expect(attempt).toThrow(SteepestError);
  expect(attempt).toThrow(expect.objectContaining({ code }));
  expect(attempt).toThrow(message);
}

describe("what cannot be meant is refused with the way out", () => {
  const cases: readonly (readonly [string, SteepestError["code"], RegExp])[] = [
    ["adm", "unknown-name", /unknown optimizer "adm". Did you mean "adam"\?.*adagrad/],
    ["", "unknown-name", /unknown optimizer "". Known: /],
    ["nope", "unknown-name", /unknown optimizer "nope". Known: /],
    ["__proto__", "unknown-name", /unknown optimizer "__proto__". Known: /],
    ["adam:", "invalid-value", /"adam:" has a colon but no settings/],
    ["adam: ", "invalid-value", /no settings after it. Write adam alone/],
    ["adam:lr=0x10", "invalid-value", /sets lr to "0x10", which is not a decimal number/],
    ["adam:lr=0b1", "invalid-value", /not a decimal number/],
    ["Adam", "unknown-name", /Did you mean "adam"/],
    ["adam:lr=-0.1", "invalid-value", /adam: lr \(step size\).*>= 0.*-0.1/],
    ["adam:lr=Infinity", "invalid-value", /lr.*finite.*Infinity/],
    ["adam:beta1=1", "invalid-value", /beta1.*\[0, 1\).*found 1/],
    ["adam:beta1=-0.1", "invalid-value", /beta1.*\[0, 1\)/],
    ["adam:eps=NaN", "invalid-value", /eps to "NaN", which is not a decimal number/],
    ["adam:eps=-1e-8", "invalid-value", /eps.*>= 0/],
    ["adam:beta3=0.9", "unknown-name", /"beta3".*Did you mean "beta1"/],
    ["adam:toString=1", "unknown-name", /"toString"/],
    ["adam:epsilon=1", "unknown-name", /"epsilon".*Known: lr, beta1, beta2, eps/],
    ["adam:preset=pytorch", "unknown-name", /unknown preset "pytorch".*"torch"/],
    ["gd:preset=torch", "unknown-name", /unknown preset of gd "torch"/],
    ["adam-l2:preset=optax", "unknown-name", /unknown preset of adam-l2 "optax". Known: torch/],
    ["adam:lr", "invalid-value", /"lr" in "adam:lr" is not an assignment/],
    ["adam:lr=1=2", "invalid-value", /not an assignment/],
    ["adam:lr=0.1,lr=0.2", "invalid-value", /sets lr twice/],
    ["adam:lr=x", "invalid-value", /sets lr to "x", which is not a decimal number/],
    ["rmsprop:centered=maybe", "invalid-value", /option centered is maybe.*false, true/],
    ["rmsprop:epsPlacement=middle", "invalid-value", /epsPlacement is middle.*inside, outside/],
    [
      "rmsprop:momentum=0.9",
      "invalid-value",
      /momentum.*no effect with.*buffer=none.*buffer=none\|directions\|steps/,
    ],
    ["gd-backtracking:maximumBacktracks=1.5", "invalid-value", /maximumBacktracks.*integer >= 1/],
    ["gd-backtracking:maximumStep=0", "invalid-value", /maximumStep.*> 0/],
    ["gd-wolfe:curvature=0.1,sufficientDecrease=0.2", "invalid-value", /sufficientDecrease < curvature/],
    ["gd-wolfe:lr=0.1", "unknown-name", /"lr"/],
  ];
  it.each(cases)("%s", (text, code, message) => expectError(() => parseOptimizerSpec(text), code, message));

  it("also in plain data, before anything is built", () => {
    const adam = { name: "adam", hyper: {}, options: {} };
    const x = [{ name: "x", shape: [1], role: "other" }] as const;
    const build = (values: Partial<OptimizerSpec>) => () => createOptimizer({ ...adam, ...values }, x);
    expectError(build({ hyper: { lr: Number.NaN } }), "invalid-value", /lr.*found NaN/);
    expectError(build({ hyper: { betta1: 0.9 } }), "unknown-name", /"betta1".*"beta1"/);
    expectError(build({ options: { maximum: "raw" } }), "unknown-name", /"maximum"/);
    expectError(build({ options: { lr: "fast" } }), "invalid-value", /lr is given as fast/);
    expectError(build({ name: "gd-wolfe" }), "misuse", /createClosureOptimizer/);
    expectError(() => createClosureOptimizer(adam, x), "misuse", /createOptimizer/);
    const amsgrad = findOptimizer("amsgrad");
    expectError(() => amsgrad.choose({ options: { maximum: true } }), "invalid-value", /maximum is true/);
    expectError(() => amsgrad.choose({ hyper: { maximum: 1 } }), "invalid-value", /maximum is 1/);
    expectError(
      () => amsgrad.stateBytesPerParameter({ maximum: "none" }),
      "invalid-value",
      /maximum is none/,
    );
  });
});

describe("presets", () => {
  // The originals' documented defaults; what an original requires is given.
  const defaults: readonly (readonly [
    string,
    PresetName,
    Readonly<Record<string, number | string | boolean>>,
  ])[] = [
    ["sgd", "torch", { lr: 1e-3, weightDecay: 0 }],
    ["momentum", "torch", { lr: 1e-3, beta: 0, dampening: 0, weightDecay: 0, firstGradient: "whole" }],
    ["nesterov", "torch", { lr: 1e-3, beta: 0, weightDecay: 0 }],
    [
      "adagrad",
      "torch",
      { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulator: 0, eps: 1e-10, epsPlacement: "outside" },
    ],
    ["adagrad", "optax", { initialAccumulator: 0.1, eps: 1e-7, epsPlacement: "inside" }],
    [
      "rmsprop",
      "torch",
      { lr: 1e-2, gamma: 0.99, eps: 1e-8, centered: false, buffer: "none", epsPlacement: "outside" },
    ],
    ["rmsprop", "optax", { gamma: 0.9, eps: 1e-8, centered: false, buffer: "none", epsPlacement: "inside" }],
    ["adadelta", "torch", { lr: 1, gamma: 0.9, rho: 0.9, eps: 1e-6, weightDecay: 0 }],
    ["adadelta", "optax", { gamma: 0.9, rho: 0.9, eps: 1e-6, weightDecay: 0 }],
    ["adadelta", "paper", { lr: 1, gamma: 0.95, rho: 0.95, eps: 1e-6 }],
    ["adam", "torch", { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 }],
    ["adam", "optax", { beta1: 0.9, beta2: 0.999, eps: 1e-8, epsRoot: 0 }],
    ["adam", "paper", { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 }],
    ["amsgrad", "torch", { lr: 1e-3, maximum: "raw" }],
    ["amsgrad", "optax", { beta1: 0.9, beta2: 0.999, eps: 1e-8, maximum: "debiased" }],
    ["amsgrad", "paper", { maximum: "undebiased" }],
    ["adamw", "torch", { lr: 1e-3, weightDecay: 1e-2, maximum: "none" }],
    ["adamw", "optax", { weightDecay: 1e-4, maximum: "none" }],
    ["adam-l2", "torch", { lr: 1e-3, weightDecay: 0, maximum: "none" }],
    ["adamax", "torch", { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, epsPlacement: "gradient" }],
    ["nadam", "torch", { lr: 2e-3, momentumDecay: 4e-3, momentum: "scheduled", decay: "coupled" }],
    ["nadam", "optax", { beta1: 0.9, beta2: 0.999, eps: 1e-8, epsRoot: 0, momentum: "constant" }],
    ["radam", "torch", { lr: 1e-3, eps: 1e-8, rectifies: "above5", epsPlacement: "raw" }],
    ["radam", "optax", { eps: 1e-8, epsRoot: 0, rectifies: "from5", epsPlacement: "debiased" }],
    ["radam", "paper", { rectifies: "above4" }],
    ["rprop", "torch", { lr: 1e-2, etaMinus: 0.5, etaPlus: 1.2, smallest: 1e-6, largest: 50 }],
    ["rprop", "optax", { etaMinus: 0.5, etaPlus: 1.2, applies: "previous" }],
    ["lion", "torch", { lr: 1e-4, beta1: 0.95, beta2: 0.98, weightDecay: 0 }],
    ["lion", "optax", { beta1: 0.9, beta2: 0.99, weightDecay: 1e-3 }],
    ["lion", "paper", { lr: 1e-4, beta1: 0.9, beta2: 0.99 }],
    ["ademamix", "authors", { lr: 1e-3, beta3: 0.9999, mix: 2, weightDecay: 0 }],
    ["ademamix", "optax", { beta3: 0.9999, mix: 5, weightDecay: 0 }],
    ["adabelief", "optax", { eps: 1e-16, epsBelief: 1e-16 }],
    ["yogi", "optax", { eps: 1e-3, initialMean: 1e-6, initialAccumulator: 1e-6, debias: true }],
    ["adan", "optax", { beta1: 0.98, beta2: 0.92, beta3: 0.99, eps: 1e-8, epsRoot: 1e-8 }],
    ["adan", "authors", { lr: 1e-3, epsRoot: 0, differenceWeight: "decay", decay: "proximal" }],
    ["cautious-adamw", "authors", { lr: 1e-3, eps: 1e-6, epsPlacement: "debiased", maskScale: "mean" }],
    ["cautious-lion", "authors", { lr: 1e-4, beta1: 0.95, beta2: 0.98, maskScale: "count" }],
    ["sophia", "optax", { beta1: 0.965, beta2: 0.99, gamma: 0.01, clip: 1, interval: 10, weightDecay: 1e-4 }],
    ["nadamw", "algoperf", { lr: 1e-3, weightDecay: 1e-2 }],
    ["adamg", "algoperf", { lr: 1, beta1: 0.95, beta2: 0.999, beta3: 0.95, scale: 0.2, exponent: 0.24 }],
    ["gd-backtracking", "optax", { sufficientDecrease: 1e-4, decrease: 0.8, increase: 1.5, maximumStep: 1 }],
  ];
  it.each(defaults)("%s has the defaults of %s", (name, preset, expected) => {
    const { hyper, options } = findOptimizer(name).choose({ preset });
    expect({ ...hyper, ...options }).toMatchObject(expected);
  });

  it("give way to what is given", () => {
    const { hyper, options } = findOptimizer("rmsprop").choose(
      parseOptimizerSpec("rmsprop:preset=torch,gamma=0.5,epsPlacement=inside"),
    );
    expect({ ...hyper, ...options }).toMatchObject({ lr: 1e-2, gamma: 0.5, epsPlacement: "inside" });
  });
});

describe("an original's arguments", () => {
  const torchSgd = {
    lr: 0.1,
    momentum: 0.9,
    dampening: 0.1,
    weight_decay: 1e-4,
    nesterov: false,
    maximize: false,
  };
  const calls: readonly (readonly [string, PresetName, Readonly<Record<string, ArgumentValue>>, string])[] = [
    ["momentum", "torch", torchSgd, "momentum:preset=torch,lr=0.1,beta=0.9,dampening=0.1,weightDecay=0.0001"],
    ["adam", "torch", { lr: 0.1, betas: [0.8, 0.99] }, "adam:preset=torch,lr=0.1,beta1=0.8,beta2=0.99"],
    [
      "adam",
      "optax",
      { learning_rate: 0.1, b1: 0.8, eps_root: 1e-9 },
      "adam:preset=optax,lr=0.1,beta1=0.8,epsRoot=1e-9",
    ],
    ["adamw", "torch", { amsgrad: true }, "adamw:preset=torch,maximum=raw"],
    ["adadelta", "optax", { rho: 0.8 }, "adadelta:preset=optax,gamma=0.8,rho=0.8"],
    ["adadelta", "torch", { rho: 0.8 }, "adadelta:preset=torch,gamma=0.8,rho=0.8"],
    ["adadelta", "paper", { rho: 0.8 }, "adadelta:preset=paper,gamma=0.8,rho=0.8"],
    [
      "rmsprop",
      "torch",
      { momentum: 0.9, centered: true },
      "rmsprop:preset=torch,momentum=0.9,buffer=directions,centered=true",
    ],
    [
      "rmsprop",
      "optax",
      { momentum: 0.9, eps_in_sqrt: false },
      "rmsprop:preset=optax,momentum=0.9,buffer=steps,epsPlacement=outside",
    ],
    ["nadam", "optax", { weight_decay: 0.1 }, "nadam:preset=optax,weightDecay=0.1,decay=decoupled"],
    ["nadam", "torch", { decoupled_weight_decay: true }, "nadam:preset=torch,decay=decoupled"],
    ["radam", "optax", { threshold: 5 }, "radam:preset=optax,rectifies=from5"],
    [
      "ademamix",
      "authors",
      { alpha: 5, alpha_warmup: null, beta3_warmup: 40 },
      "ademamix:preset=authors,mix=5,beta3Warmup=40",
    ],
    ["adan", "authors", { no_prox: true }, "adan:preset=authors,decay=decoupled"],
    [
      "yogi",
      "optax",
      { initial_accumulator_value: 0.1 },
      "yogi:preset=optax,initialMean=0.1,initialAccumulator=0.1",
    ],
    [
      "cautious-adamw",
      "authors",
      { foreach: false, correct_bias: false },
      "cautious-adamw:preset=authors,epsPlacement=raw,debias=false",
    ],
    ["nadamp", "algoperf", { power: 1.5 }, "nadamp:preset=algoperf,degree=1.5,root=power"],
    ["rmsprop", "optax", { momentum: null }, "rmsprop:preset=optax"],
    ["rmsprop", "torch", { momentum: 0 }, "rmsprop:preset=torch"],
  ];
  it.each(calls)("%s of %s %o", (name, preset, given, text) => {
    expect(fromOriginal(name, preset, given)).toEqual(parseOptimizerSpec(text));
  });

  const refusals: readonly (readonly [
    string,
    PresetName,
    Readonly<Record<string, ArgumentValue>>,
    RegExp,
  ])[] = [
    [
      "sgd",
      "torch",
      { momentum: 0.9 },
      /torch's sgd: momentum=0.9 cannot be honoured. Use the optimizer momentum or nesterov/,
    ],
    ["momentum", "torch", { nesterov: true }, /Use the optimizer nesterov/],
    ["adam", "torch", { weight_decay: 0.1 }, /weight_decay=0.1 cannot be honoured. Use adam-l2.*adamw/],
    ["adam", "torch", { amsgrad: true }, /Use amsgrad/],
    ["adam", "torch", { maximize: true }, /Negate the objective/],
    ["adam", "torch", { betas: [0.9] }, /betas=\[0.9\] cannot be honoured. Give 2 numbers/],
    ["adam", "torch", { betas: 0.9 }, /Give 2 numbers/],
    ["adam", "torch", { betas: null }, /Give 2 numbers/],
    ["adam", "torch", { lr: null }, /lr=null cannot be honoured. Give one number/],
    ["adam", "torch", { eps: [1] }, /eps=\[1\] cannot be honoured/],
    ["adamw", "torch", { amsgrad: "yes" }, /Give one of false, true/],
    ["adam", "torch", { foreach: true }, /unknown argument of torch's adam "foreach"/],
    ["adam", "torch", { b1: 0.9 }, /"b1".*Known: lr, betas/],
    ["adam", "torch", { lr: -1 }, /lr.*>= 0/],
    ["adam", "torch", { toString: 1 }, /unknown argument/],
    ["rmsprop", "optax", { nesterov: true }, /cannot be honoured/],
    ["adam", "optax", { nesterov: true }, /Use nadam/],
    ["radam", "optax", { threshold: 6 }, /Give one of 5/],
    ["nadamp", "algoperf", { eps: 1e-6 }, /The original ignores its eps/],
    ["gd", "torch", {}, /unknown preset of gd/],
  ];
  it.each(refusals)("%s of %s refuses %o", (name, preset, given, message) => {
    expect(() => fromOriginal(name, preset, given)).toThrow(SteepestError);
    expect(() => fromOriginal(name, preset, given)).toThrow(message);
  });

  it("must be of the kind that ours are", () => {
    expect(() => fromOriginal("adam", "torch", { lr: "fast" })).toThrow(SteepestError);
    expect(() => fromOriginal("rmsprop", "torch", { centered: 1 })).toThrow(SteepestError);
  });
});

it("a rule's body comes with its values", () => {
  const adam = findOptimizer("adam");
  if (adam.kind !== "rule") throw new Error("adam is a rule");
  expect(Object.keys(chooseBody(adam.rule, {}).body.state)).toEqual(["m", "v"]);
});
