import { describe, expect, it } from "vitest";
import { defineRule } from "../../src/language/defineRule.js";
import { add, mul, sub } from "../../src/language/expression.js";
import { stepSize } from "../../src/language/hyper.js";
import type { Optimizer } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { fromOriginal } from "../../src/originals.js";
import { elementCount } from "../../src/parameter.js";
import { findOptimizer, optimizerOf, registry } from "../../src/registry.js";
import { type OptimizerSpec, parseOptimizerSpec } from "../../src/spec.js";
import { lookahead } from "../../src/wrappers/lookahead.js";
import { cases } from "../golden/cases.js";
import { fixtureText, readGolden, replay, trajectoryScale } from "../golden/golden.js";
import { awkwardParameters, fillGradients, flatten, initialise } from "../gradients.js";

/*
 * Wrappers: the weights that they evaluate with, against the originals; and what they come to at the ends of
 * their ranges.
 */

const backends = [
  ["float64", 1e-13],
  ["wasm", 2e-5],
] as const;

/** A recorded average of given weights. */
interface AverageGolden {
  readonly hyper: Readonly<Record<string, number>>;
  readonly params: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly steps: number;
  /** After step k at [k − 1]. */
  readonly weights: readonly (readonly (readonly number[])[])[];
  /** The average after step k; null where there is none yet, so that one evaluates with the weights. */
  readonly expected: Readonly<Record<string, readonly (readonly number[])[] | null>>;
}

const evaluated = (optimizer: Optimizer): readonly (readonly number[])[] => {
  optimizer.enterEvaluation();
  const found = optimizer.parameters.map(({ name }) => [...optimizer.evaluationParameter(name)]);
  optimizer.leaveEvaluation();
  return found;
};

const largestGap = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(0, ...expected.map((value, index) => Math.abs((found[index] ?? Number.NaN) - value)));

describe.each([
  ["lawa-queue-k3", "lawa-queue", { copies: "3" }],
  ["lawa-ema-as-submitted", "lawa-ema", { averageDecayAs: "published" }],
  ["lawa-ema-float-beta", "lawa-ema", { averageDecayAs: "intended" }],
] as const)("%s", (name, wrapper, options) => {
  const golden: AverageGolden = JSON.parse(fixtureText(name));
  const { lawa_start_step, lawa_interval, lawa_beta } = golden.hyper;
  const spec: OptimizerSpec = {
    name: wrapper,
    // Plain descent by 1 goes to any weights: the gradient is the way there.
    hyper: {
      lr: 1,
      averageStart: lawa_start_step ?? Number.NaN,
      averagePeriod: lawa_interval ?? Number.NaN,
      ...(lawa_beta === undefined ? {} : { averageDecay: lawa_beta }),
    },
    options: { ...options, base: "gd" },
  };
  it.each(backends)("is replayed in %s", (backend, tolerance) => {
    const parameters = golden.params.map((parameter) => ({ ...parameter, role: "other" as const }));
    const optimizer = createOptimizer(spec, parameters, { backend });
    let compared = 0;
    for (let k = 1; k <= golden.steps; k++) {
      const weights = golden.weights[k - 1] ?? [];
      for (const [p, { name: parameter }] of parameters.entries()) {
        const view = optimizer.parameter(parameter);
        optimizer.gradient(parameter).set(view.map((value, i) => value - (weights[p]?.[i] ?? Number.NaN)));
      }
      optimizer.step();
      const average = golden.expected[k];
      if (average === undefined) continue;
      compared++;
      expect(largestGap(evaluated(optimizer).flat(), (average ?? weights).flat())).toBeLessThan(
        Math.max(tolerance * 10, 5e-11),
      );
    }
    expect(compared).toBe(Object.keys(golden.expected).length);
  });
});

describe.each(["lookahead-sgd", "lookahead-adam"])("the slow weights of %s", (name) => {
  const golden = readGolden(name);
  const slow: Readonly<Record<string, readonly (readonly number[])[]>> = JSON.parse(
    fixtureText(name),
  ).expected_slow;
  it.each(backends)("are what one evaluates with, in %s", (backend, tolerance) => {
    const spec = cases[name]?.(golden);
    if (spec === undefined) throw new Error(`${name} is not replayed`);
    const parameters = golden.params.map((parameter) => ({ ...parameter, role: "other" as const }));
    const optimizer = createOptimizer(spec, parameters, { backend });
    let compared = 0;
    replay(optimizer, golden, (k) => {
      const expected = slow[k];
      if (expected === undefined) return;
      compared++;
      const error = largestGap(evaluated(optimizer).flat(), expected.flat()) / trajectoryScale(golden);
      expect(error).toBeLessThanOrEqual(Math.max(tolerance, 1e-10));
    });
    expect(compared).toBe(Object.keys(slow).length);
  });
});

const build = (text: string, backend: "float64" | "wasm"): Optimizer => {
  const optimizer = createOptimizer(parseOptimizerSpec(text), awkwardParameters, { backend });
  initialise(optimizer);
  return optimizer;
};
const advance = (optimizer: Optimizer, k: number): Optimizer => {
  fillGradients(optimizer, k);
  optimizer.step();
  return optimizer;
};
/** The trajectories of two specifications for some steps: at which they train and at which they evaluate. */
function gaps(text: string, other: string, backend: "float64" | "wasm", steps = 20) {
  const [one, two] = [build(text, backend), build(other, backend)];
  let [training, evaluation] = [0, 0];
  for (let k = 1; k <= steps; k++) {
    for (const optimizer of [one, two]) advance(optimizer, k);
    training = Math.max(training, largestGap(flatten(one), flatten(two)));
    evaluation = Math.max(evaluation, largestGap(evaluated(one).flat(), evaluated(two).flat()));
  }
  return { training, evaluation };
}

describe.each(backends)("in %s", (backend, tolerance) => {
  it.each(["sgd", "adam", "rprop", "lamb", "prodigy", "lion"])(
    "Lookahead over %s whose slow weights go all the way, every step, is it",
    (base) => {
      const { training, evaluation } = gaps(
        `lookahead:base=${base},slowStepSize=1,syncPeriod=1`,
        base,
        backend,
      );
      expect(training).toBeLessThan(tolerance);
      expect(evaluation).toBeLessThan(tolerance);
    },
  );

  it("DiLoCo whose outer step is 1 without momentum is its base", () => {
    expect(
      gaps("diloco:base=adam,outerLr=1,outerMomentum=0,syncPeriod=4", "adam", backend).training,
    ).toBeLessThan(tolerance);
  });

  it("DiLoCo without momentum is Lookahead, but for what one evaluates with", () => {
    const found = gaps(
      "diloco:base=adam,outerLr=0.25,outerMomentum=0,syncPeriod=3",
      "lookahead:base=adam,slowStepSize=0.25,syncPeriod=3",
      backend,
    );
    expect(found.training).toBeLessThan(tolerance);
    expect(found.evaluation).toBeGreaterThan(1e-4);
  });

  it.each(["weight-ema", "lawa-queue", "lawa-ema"])("%s trains as its base does, to the bit", (wrapper) => {
    for (const base of ["adam", "lamb", "rprop"])
      expect(gaps(`${wrapper}:base=${base}`, base, backend).training).toBe(0);
  });

  it.each([
    ["averageDecay=0.75", (k: number) => 0.75 + 0 * k],
    ["averageDecay=0.75,averageWarmup=true", (k: number) => Math.min(0.75, (1 + k) / (10 + k))],
  ] as const)("the EMA of weights with %s is their recursion from the first weights on", (values, decay) => {
    // The last phase of lamb and the only one of adam assign x; the wrapper joins it. A skipped one cannot be
    // joined.
    for (const base of ["adam", "lamb", "sophia"]) {
      const optimizer = build(`weight-ema:base=${base},${values}`, backend);
      let average = flatten(optimizer);
      for (let k = 1; k <= 12; k++) {
        const x = flatten(advance(optimizer, k));
        const beta = decay(k);
        average = average.map((one, i) => beta * one + (1 - beta) * (x[i] ?? Number.NaN));
        expect(largestGap(evaluated(optimizer).flat(), average)).toBeLessThan(tolerance);
      }
    }
  });

  it("the EMA of weights without memory evaluates at the weights", () => {
    expect(gaps("weight-ema:base=adam,averageDecay=0", "adam", backend).evaluation).toBeLessThan(tolerance);
  });
});

describe("a wrapper", () => {
  const wrappers = registry.flatMap((entry) =>
    entry.kind === "rule" && entry.over !== undefined ? [entry] : [],
  );
  const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

  it("wraps every rule that does not average itself, and takes what it declares", () => {
    const bases = registry.flatMap((entry) =>
      entry.kind === "rule" &&
      entry.over === undefined &&
      entry.rule.body(entry.choose({}).options).evaluation === undefined
        ? [entry.name]
        : [],
    );
    expect(bases.length).toBeGreaterThan(10);
    for (const { name } of wrappers)
      for (const base of bases) {
        const spec = parseOptimizerSpec(`${name}:base=${base}`);
        const optimizer = createOptimizer(spec, awkwardParameters);
        initialise(optimizer);
        for (let k = 1; k <= 3; k++) advance(optimizer, k);
        expect(flatten(optimizer).every(Number.isFinite)).toBe(true);
        expect(optimizer.arenaBytes.state).toBe(
          findOptimizer(name).stateBytesPerParameter(spec.options) * elements,
        );
        expect(optimizerOf(spec).stateBytes(awkwardParameters, spec)).toBe(optimizer.arenaBytes.state);
      }
  });

  it("takes its own values and its base's, presets too, and says what it cannot wrap", () => {
    const spec = parseOptimizerSpec("lookahead:base=rmsprop,preset=torch,lr=0.02,centered=true,syncPeriod=3");
    expect(spec.options).toEqual({ base: "rmsprop", centered: true });
    expect(optimizerOf(spec).choose(spec).hyper).toMatchObject({ gamma: 0.99, lr: 0.02, syncPeriod: 3 });
    for (const [text, message] of [
      ["lookahead:base=adm", /rule to wrap in lookahead: "adm"\. Did you mean "adam"/],
      ["lookahead:base=lookahead", /lookahead cannot be wrapped in lookahead: .* Use lookahead by itself/],
      ["lookahead:base=gd-wolfe", /gd-wolfe cannot be wrapped in lookahead/],
      ["sam:base=muon", /muon cannot be wrapped in sam: .*Use muon by itself, or wrap one of gd, sgd/],
      ["lookahead:base=sgd,beta1=0.9", /hyper-parameter or option of lookahead "beta1"/],
      ["lawa-queue:copies=7", /the option copies is 7/],
    ] as const)
      expect(() => parseOptimizerSpec(text), text).toThrow(message);
  });

  it("takes the calls of its base's originals, over any base", () => {
    const given = { lr: 0.02, alpha: 0.9, centered: true };
    const spec = fromOriginal("lookahead", "torch", given, {
      hyper: { syncPeriod: 3 },
      options: { base: "rmsprop" },
    });
    expect(spec).toEqual(
      parseOptimizerSpec("lookahead:base=rmsprop,preset=torch,lr=0.02,gamma=0.9,centered=true,syncPeriod=3"),
    );
    expect(() => fromOriginal("lookahead", "torch", given)).toThrow(/argument of torch's lookahead "alpha"/);
    expect(() => fromOriginal("weight-ema", "torch", { lr: 0.1 }, { hyper: { lr: 0.2 } })).toThrow(
      /torch's weight-ema with lr given once more/,
    );
  });

  it("asks of its base's values what the base asks", () => {
    const picky = defineRule({
      ...{ name: "picky", title: "Picky", summary: "gradient descent of steps between two bounds" },
      cite: { authors: "none", year: 2000, title: "none", url: "https://example.org" },
      hyper: { low: stepSize(0.1), high: stepSize(0.2) },
      conflict: ({ low, high }) => (low <= high ? undefined : "low <= high"),
      body: (rule) =>
        rule.elementwise({ update: ({ x, g, low, high }) => ({ x: sub(x, mul(add(low, high), g)) }) }),
    });
    const rule = lookahead.wrap(picky);
    expect(() => createOptimizer({ rule, hyper: { low: 0.1 } }, awkwardParameters)).not.toThrow();
    expect(() => createOptimizer({ rule, hyper: { low: 0.3 } }, awkwardParameters)).toThrow(
      /lookahead: expected low <= high/,
    );
  });

  it("refuses the state of itself over another base", () => {
    const [one, other] = [build("lookahead:base=adam", "wasm"), build("lookahead:base=nadamw", "wasm")];
    expect(() => one.loadState(other.saveState())).toThrow(
      expect.objectContaining({ code: "state-mismatch" }),
    );
  });
});
