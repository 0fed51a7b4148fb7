import { describe, expect, it } from "vitest";
import type { RuleBody } from "../src/language/rule.js";
import { optionChoices } from "../src/language/validate.js";
import { createLineSearchOptimizer, type LineSearchOptimizer } from "../src/lineSearch/optimizer.js";
import type { Optimizer, OptimizerConfig } from "../src/optimizer/config.js";
import { createOptimizer } from "../src/optimizer/createOptimizer.js";
import { elementCount, type ParameterSpec } from "../src/parameter.js";
import { findOptimizer, registry } from "../src/registry.js";
import { decodeSafetensors, encodeSafetensors } from "../src/safetensors.js";
import { formatOptimizerSpec, type OptimizerSpec, parseOptimizerSpec } from "../src/spec.js";
import { chooseValues } from "../src/values.js";
import { rosenbrock } from "./golden.js";
import { awkwardParameters, fillGradients, flatten, initialise, noise } from "./gradients.js";

/*
 * What every optimizer of the registry promises, under every choice of its options and on both back ends. A new rule is held to it by its line in
 * the registry.
 */

const backends = ["float64", "wasm"] as const;

/** Every entry in every form. */
const forms: readonly OptimizerSpec[] = registry.flatMap((entry) =>
  (entry.kind === "rule" ? optionChoices(entry.rule) : [{}]).map((options) => ({
    name: entry.name,
    hyper: {},
    options,
  })),
);
const titled = (kind: "rule" | "lineSearch") =>
  forms
    .filter(({ name }) => findOptimizer(name).kind === kind)
    .flatMap((spec) => backends.map((backend) => [formatOptimizerSpec(spec), backend, spec] as const));

/** The rule under the form's options. */
const bodyOf = ({ name, options }: OptimizerSpec): RuleBody => {
  const entry = findOptimizer(name);
  if (entry.kind !== "rule") throw new Error(`${name} is no rule`);
  return entry.rule.body(chooseValues(entry, { options }).options);
};

const vector = (size: number): readonly ParameterSpec[] => [{ name: "x", shape: [size], role: "other" }];
const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

/** The Hessian's diagonal at x by central differences of the gradient, as the input of an optimizer that asks for it. */
function fillHessian(optimizer: Optimizer, objective: Objective): void {
  const x = optimizer.parameter("x");
  for (const input of optimizer.inputs)
    optimizer.input(input, "x").set(
      Array.from(x, (_, i) => {
        const slopes = [1e-3, -1e-3].map((shift) => {
          const gradient: number[] = [];
          objective(Array.from(x).with(i, (x[i] ?? 0) + shift), gradient);
          return gradient[i] ?? 0;
        });
        return ((slopes[0] ?? 0) - (slopes[1] ?? 0)) / 2e-3;
      }),
    );
}

/** The convex quadratic ½ Σ aᵢ (xᵢ − cᵢ)²; its gradient goes to `gradient`. */
function parabola(x: ArrayLike<number>, gradient: { [index: number]: number }): number {
  let value = 0;
  for (const [i, [curvature, centre]] of (
    [
      [1, 0.5],
      [3, -1],
      [0.5, 2],
    ] as const
  ).entries()) {
    const distance = (x[i] ?? 0) - centre;
    value += (curvature * distance * distance) / 2;
    gradient[i] = curvature * distance;
  }
  return value;
}
type Objective = typeof parabola;

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
  it.each(forms.map((spec) => [formatOptimizerSpec(spec), spec] as const))(
    "%s is written and read",
    (text, spec) => {
      expect(parseOptimizerSpec(text)).toEqual(spec);
      const entry = findOptimizer(spec.name);
      expect(entry.latex(spec.options)).toContain(
        "x_{k} &=".replace("{k}", entry.kind === "rule" ? "{k}" : "k"),
      );
      expect(entry.plainFormula(spec.options).some((line) => /^x′? ← /.test(line))).toBe(true);
    },
  );
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

describe.each(titled("rule"))("%s on %s", (_, backend, spec) => {
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
  const entry = findOptimizer(spec.name);
  const { phases } = bodyOf(spec);
  const sums = phases.flatMap(({ reduce }) => Object.values(reduce).map(({ over }) => over));

  it("takes the bytes of state that it declares", () => {
    const bytes = entry.stateBytesPerParameter(spec.options) * elements;
    expect(build().arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
  });

  it("resumes from a file to the same bits, at any step", () => {
    const whole = flatten(run(build(), 1, 12));
    for (const at of [0, 1, 2, 7]) {
      const first = run(build(), 1, at);
      const { tensors, metadata } = first.saveState();
      const resumed = build();
      for (const { name } of awkwardParameters) resumed.parameter(name).set(first.parameter(name));
      resumed.loadState(decodeSafetensors(encodeSafetensors(tensors, metadata)));
      expect(resumed.stepCount).toBe(at);
      expect(flatten(run(resumed, at + 1, 12))).toEqual(whole);
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

  it.skipIf(sums.length > 0)("does to an element what it does to it among others, whatever the size", () => {
    const size = 67;
    const large = build(vector(size));
    const small = Array.from({ length: size }, () => build(vector(1)));
    for (const each of [large, ...small]) each.parameter("x").fill(0.75);
    for (let k = 1; k <= 5; k++) {
      for (const [i, each] of small.entries()) {
        const value = Math.fround(noise(k, i));
        large.gradient("x")[i] = value;
        each.gradient("x").fill(value);
      }
      for (const each of [large, ...small]) each.step();
    }
    expect(small.map((each) => each.parameter("x")[0])).toEqual([...large.parameter("x")]);
  });

  const learningRates = [0.1, 0.3, 0.03, 1, 0.01, 0.001, 10];
  const descend = (objective: Objective, start: readonly number[], lr: number, steps: number): number => {
    const optimizer = createOptimizer(
      {
        ...spec,
        hyper: {
          ...("lr" in entry.hyper ? { lr } : {}),
          ...("weightDecay" in entry.hyper ? { weightDecay: 0 } : {}),
        },
      },
      vector(start.length),
      { backend, nonFinite: "skip" },
    );
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
    x.set(start);
    for (let k = 1; k <= steps; k++) {
      objective(x, gradient);
      fillHessian(optimizer, objective);
      optimizer.step();
    }
    return objective(x, gradient);
  };
  /** Some step size brings the objective below the target. */
  const reaches = (objective: Objective, start: readonly number[], steps: number, target: number): boolean =>
    learningRates.some((lr) => descend(objective, start, lr, steps) < target);

  it("converges on a parabola for some step size, and gains on Rosenbrock's function", () => {
    const start = [3, 3, -3];
    expect(reaches(parabola, start, 1500, 1e-4 * parabola(start, []))).toBe(true);
    // From (−1.2, 1), where the value is 24.2, the valley's floor lies below 4.2.
    expect(reaches(rosenbrock, [-1.2, 1], 1000, 4.2)).toBe(true);
  });
});

describe.each(titled("lineSearch"))("%s on %s", (_, backend, spec) => {
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
    const bytes = findOptimizer(spec.name).stateBytesPerParameter() * elements;
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
