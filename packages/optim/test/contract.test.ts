import { describe, expect, it } from "vitest";
import { createLineSearchOptimizer, type LineSearchOptimizer } from "../src/lineSearch/optimizer.js";
import type { Optimizer, OptimizerConfig } from "../src/optimizer/config.js";
import { createOptimizer } from "../src/optimizer/createOptimizer.js";
import { elementCount, type ParameterSpec } from "../src/parameter.js";
import { registry } from "../src/registry.js";
import { decodeSafetensors, encodeSafetensors } from "../src/safetensors.js";
import { parseOptimizerSpec } from "../src/spec.js";
import { chooseValues } from "../src/values.js";
import { formsOf, onBackends } from "./forms.js";
import { awkwardParameters, fillGradients, flatten, initialise, noise, unflatten } from "./gradients.js";
import { type Objective, parabola, rosenbrock } from "./objectives.js";

/*
 * What every optimizer of the registry promises, under every choice of its options and on both back ends. A new rule is held to it by its line in
 * the registry.
 */

const forms = formsOf("rule", "matrix", "lineSearch");

const vector = (size: number): readonly ParameterSpec[] => [{ name: "x", shape: [size], role: "other" }];
const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

describe("every entry", () => {
  it("has a name of its own, a line of summary, a source with a link, and documented values", () => {
    expect(new Set(registry.map(({ name }) => name)).size).toBe(registry.length);
    for (const entry of registry) {
      expect(entry.summary).toMatch(/^\S.*\S$/);
      expect(entry.cite.authors.length * entry.cite.title.length).toBeGreaterThan(0);
      expect(entry.cite.year).toBeGreaterThan(1800);
      expect(entry.cite.url).toMatch(/^https:\/\//);
      for (const { description } of [...Object.values(entry.hyper), ...Object.values(entry.options)])
        expect(description.length).toBeGreaterThan(0);
    }
  });
  it.each(forms)("%s is written and read", (text, spec, entry) => {
    expect(parseOptimizerSpec(text)).toEqual(spec);
    expect(entry.latex(spec.options)).toContain(
      "x_{k} &=".replace("{k}", entry.kind === "rule" ? "{k}" : "k"),
    );
    expect(entry.plainFormula(spec.options).some((line) => /^x′? ← /.test(line))).toBe(true);
  });
  it("maps every argument of an original to names that it has", () => {
    for (const entry of registry) {
      const names = [...Object.keys(entry.hyper), ...Object.keys(entry.options)];
      for (const mapping of Object.values(entry.presets).flatMap((preset) =>
        Object.values(preset.arguments),
      )) {
        const targets =
          typeof mapping === "string"
            ? [mapping]
            : "tuple" in mapping
              ? mapping.tuple
              : "each" in mapping
                ? mapping.each
                : "name" in mapping
                  ? [mapping.name, ...Object.keys("enables" in mapping ? mapping.enables : {})]
                  : "values" in mapping
                    ? Object.values(mapping.values).flatMap((settings) => Object.keys(settings))
                    : [];
        for (const target of targets) expect(names).toContain(target);
      }
    }
  });
});

describe.each(onBackends(formsOf("rule")))("%s on %s", (_, backend, spec, entry) => {
  const build = (
    parameters = awkwardParameters,
    config: OptimizerConfig = {},
    hyper = spec.hyper,
  ): Optimizer => {
    const optimizer = createOptimizer({ ...spec, hyper }, parameters, { backend, ...config });
    initialise(optimizer);
    return optimizer;
  };
  const run = (optimizer: Optimizer, from: number, to: number): Optimizer => {
    for (let k = from; k <= to; k++) {
      fillGradients(optimizer, k);
      optimizer.step();
    }
    return optimizer;
  };
  const { phases } = entry.rule.body(chooseValues(entry, spec).options);
  const sums = phases.flatMap(({ reduce }) => Object.values(reduce).map(({ over }) => over));

  it("takes the bytes of state that it declares", () => {
    const bytes = entry.stateBytesPerParameter(spec.options) * elements;
    expect(build().arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
  });

  it("resumes from a file to the same bits, at any step", () => {
    const whole = build();
    const saved = [0, 1, 2, 7].map((at, index, all) => {
      run(whole, (all[index - 1] ?? 0) + 1, at);
      const { tensors, metadata } = whole.saveState();
      return { at, file: encodeSafetensors(tensors, metadata), parameters: flatten(whole) };
    });
    run(whole, 8, 12);
    for (const { at, file, parameters } of saved) {
      const resumed = build();
      unflatten(resumed, parameters);
      resumed.loadState(decodeSafetensors(file));
      expect(resumed.stepCount).toBe(at);
      expect(flatten(run(resumed, at + 1, 12))).toEqual(flatten(whole));
    }
  });

  it.skipIf(sums.includes("all"))("updates groups as optimizers of their own would, to the same bits", () => {
    const values = Object.fromEntries(
      Object.keys(entry.hyper)
        .filter((name) => name === "lr")
        .map((name) => [name, 0.07]),
    );
    const grouped = run(
      build(awkwardParameters, { groups: [{ roles: ["bias", "head"], hyper: values }] }),
      1,
      9,
    );
    const [alone, others] = [run(build(), 1, 9), run(build(awkwardParameters, {}, values), 1, 9)];
    for (const { name, role } of awkwardParameters) {
      const expected = role === "bias" || role === "head" ? others : alone;
      expect([...grouped.parameter(name)]).toEqual([...expected.parameter(name)]);
    }
  });

  it("stays finite on zero gradients, and does not move without weight decay", () => {
    const still = "weightDecay" in entry.hyper ? { weightDecay: 0 } : {};
    const optimizer = build(awkwardParameters, {}, still);
    const before = flatten(optimizer);
    for (let k = 1; k <= 3; k++) optimizer.step();
    expect(flatten(optimizer)).toEqual(before);
    const decaying = build();
    for (let k = 1; k <= 3; k++) decaying.step();
    expect(flatten(decaying).every(Number.isFinite)).toBe(true);
  });

  it.skipIf(sums.length > 0)("does to an element what it does to it among others, wherever it is", () => {
    // An odd length; elements at the edges of vectors of 2, 4 and 16 numbers.
    const large = build(vector(67));
    const small = [0, 1, 3, 4, 15, 16, 63, 64, 66].map((i) => ({ i, alone: build(vector(1)) }));
    for (const each of [large, ...small.map(({ alone }) => alone)]) each.parameter("x").fill(0.75);
    for (let k = 1; k <= 5; k++) {
      large.gradient("x").set(Array.from({ length: 67 }, (_, i) => Math.fround(noise(k, i))));
      for (const { i, alone } of small) {
        alone.gradient("x").fill(Math.fround(noise(k, i)));
        alone.step();
      }
      large.step();
    }
    for (const { i, alone } of small) expect(alone.parameter("x")[0], `${i}`).toBe(large.parameter("x")[i]);
  });
});

describe.each(onBackends(formsOf("lineSearch")))("%s on %s", (_, backend, spec, entry) => {
  const build = (parameters: readonly ParameterSpec[]): LineSearchOptimizer =>
    createLineSearchOptimizer(spec, parameters, { backend });
  const on = (optimizer: LineSearchOptimizer, objective: Objective): (() => number) => {
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
    return () => objective(x, gradient);
  };
  const startAt = (start: readonly number[]): LineSearchOptimizer => {
    const optimizer = build(vector(start.length));
    optimizer.parameter("x").set(start);
    return optimizer;
  };
  const valley = [-1.2, 1];

  it("takes the bytes that it declares", () => {
    const bytes = entry.stateBytesPerParameter() * elements;
    expect(build(awkwardParameters).arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
  });

  it("converges on a parabola and gains on Rosenbrock's function; the value never rises", () => {
    for (const [objective, start, steps, target] of [
      [parabola, [3, 3, -3], 60, 1e-6],
      [rosenbrock, valley, 200, 4.2],
    ] as const) {
      const optimizer = startAt(start);
      let last = Number.POSITIVE_INFINITY;
      let evaluations = 0;
      for (let k = 1; k <= steps; k++) {
        const counted = (): number => {
          evaluations++;
          return on(optimizer, objective)();
        };
        const before = evaluations;
        const report = optimizer.step(counted);
        expect(report.evaluations).toBe(evaluations - before);
        expect(report.loss).toBeLessThanOrEqual(last + 1e-6);
        last = report.loss;
        expect(optimizer.stepCount).toBe(k);
      }
      expect(on(optimizer, objective)()).toBeLessThan(target);
    }
  });

  it("resumes to the same bits, and runs asynchronously as it does at once", async () => {
    const run = (optimizer: LineSearchOptimizer, steps: number): LineSearchOptimizer => {
      for (let k = 0; k < steps; k++) optimizer.step(on(optimizer, rosenbrock));
      return optimizer;
    };
    const whole = flatten(run(startAt(valley), 20));
    const first = run(startAt(valley), 8);
    const { tensors, metadata } = first.saveState();
    const resumed = startAt([...first.parameter("x")]);
    resumed.loadState(decodeSafetensors(encodeSafetensors(tensors, metadata)));
    expect(resumed.stepCount).toBe(8);
    expect(flatten(run(resumed, 12))).toEqual(whole);
    const asynchronous = startAt(valley);
    for (let k = 0; k < 20; k++)
      await asynchronous.stepAsync(() => Promise.resolve(on(asynchronous, rosenbrock)()));
    expect(flatten(asynchronous)).toEqual(whole);
  });

  it("does not move at a stationary point, and updates empty and one-element tensors", () => {
    const optimizer = build(awkwardParameters);
    initialise(optimizer);
    const before = flatten(optimizer);
    expect(optimizer.step(() => 1)).toMatchObject({
      applied: false,
      stepSize: 0,
      satisfied: true,
      evaluations: 1,
    });
    expect(flatten(optimizer)).toEqual(before);
    const sphere = (): number => {
      for (const { name } of awkwardParameters) optimizer.gradient(name).set(optimizer.parameter(name));
      return flatten(optimizer).reduce((sum, value) => sum + (value * value) / 2, 0);
    };
    const start = sphere();
    for (let k = 0; k < 30; k++) optimizer.step(sphere);
    expect(sphere()).toBeLessThan(1e-3 * start);
  });

  it("puts the parameters back where every candidate fails, and tries anew", () => {
    const optimizer = startAt([2]);
    const x = optimizer.parameter("x");
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const walled = (): number => {
        optimizer.gradient("x")[0] = 1;
        return x[0] === 2 ? 1 : bad;
      };
      expect(optimizer.step(walled)).toMatchObject({ applied: false, stepSize: 0, satisfied: false });
      expect([...x]).toEqual([2]);
    }
    const line = (): number => {
      optimizer.gradient("x")[0] = 1;
      return x[0] ?? 0;
    };
    expect(optimizer.step(line)).toMatchObject({ applied: true });
  });

  it("goes to the step it reports, also where that is not the last candidate", () => {
    const optimizer = startAt([2]);
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
    for (let k = 0; k < 8; k++) {
      const before = x[0] ?? 0;
      // A slope of one sign whatever is tried: no search ends satisfied before its last candidate.
      let call = 0;
      const { stepSize } = optimizer.step(() => {
        gradient[0] = call === 0 ? 1 : -1;
        return call++ === 0 ? 0 : -1 / call;
      });
      expect(stepSize).toBeGreaterThan(0);
      expect(x[0]).toBe(backend === "wasm" ? Math.fround(before - stepSize) : before - stepSize);
    }
  });

  it("leaves the parameters as they were where the objective throws, now or later", async () => {
    const optimizer = startAt(valley);
    const failing = (): (() => number) => {
      let calls = 0;
      return () => {
        if (++calls === 2) throw new Error("no");
        return on(optimizer, rosenbrock)();
      };
    };
    expect(() => optimizer.step(failing())).toThrow("no");
    const evaluate = failing();
    await expect(optimizer.stepAsync(async () => evaluate())).rejects.toThrow("no");
    expect(flatten(optimizer)).toEqual(flatten(startAt(valley)));
    expect(optimizer.stepCount).toBe(0);
  });

  it("refuses to begin where the loss or the gradient is not finite", () => {
    const optimizer = startAt(valley);
    expect(() => optimizer.step(() => Number.NaN)).toThrow(/loss is NaN where search 1 begins/);
    optimizer.gradient("x")[1] = Number.POSITIVE_INFINITY;
    expect(() => optimizer.step(() => 1)).toThrow(/gradient of x\[1\] is Infinity at step 1/);
    expect(flatten(optimizer)).toEqual(flatten(startAt(valley)));
  });

  it("refuses the state of another optimizer", () => {
    const other = createOptimizer({ name: "adam", hyper: {}, options: {} }, vector(2));
    expect(() => startAt(valley).loadState(other.saveState())).toThrow(
      expect.objectContaining({ code: "state-mismatch" }),
    );
  });
});
