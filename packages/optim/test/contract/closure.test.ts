import { describe, expect, it } from "vitest";
import { type ClosureOptimizer, createClosureOptimizer } from "../../src/closure/optimizer.js";
import type { OptimizerConfig } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { metadataKey } from "../../src/optimizer/state/description.js";
import { elementCount, type ParameterSpec } from "../../src/parameter.js";
import { registry } from "../../src/registry.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/safetensors.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { type Backend, backends } from "../forms.js";
import { awkwardParameters, fillGradients, flatten, initialise } from "../gradients.js";
import { type Objective, parabola, rosenbrock, vector } from "../objectives.js";

/*
 * What every method that evaluates the objective itself promises, on both back ends.
 */

/** Methods whose steps never raise the loss: a line search decides them. */
const searches = ["gd-backtracking", "gd-wolfe", "lbfgs", "lbfgs:historySize=3,maximumIterations=4"];
/** Methods that step whatever comes. */
const others = [
  "lbfgs:lineSearch=none,lr=0.001",
  "lbfgs:lineSearch=none,maximumIterations=4,lr=0.001",
  "sam:lr=0.0003",
  "sam:base=adamw,lr=0.01",
  "sam:base=sgd,ascentSteps=3,lr=0.0005",
];
const on = (texts: readonly string[]) =>
  texts.flatMap((text) => backends.map((backend) => [text, backend] as const));

const build = (
  text: string,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig = {},
): ClosureOptimizer => createClosureOptimizer(parseOptimizerSpec(text), parameters, { backend, ...config });

/** The objective at the optimizer's only parameter. */
const at = (optimizer: ClosureOptimizer, objective: Objective): (() => number) => {
  const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
  return () => objective(x, gradient);
};

const valley = [-1.2, 1];
const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

it("is written for every such method of the registry", () => {
  const named = new Set([...searches, ...others].map((text) => parseOptimizerSpec(text).name));
  expect(registry.filter(({ kind }) => kind === "closure").map(({ name }) => name)).toEqual([...named]);
});

describe.each(on([...searches, ...others]))("%s on %s", (text, backend) => {
  const startAt = (start: readonly number[]): ClosureOptimizer => {
    const optimizer = build(text, backend, vector(start.length));
    optimizer.parameter("x").set(start);
    return optimizer;
  };

  it("takes the bytes that it declares", () => {
    const spec = parseOptimizerSpec(text);
    const entry = registry.find(({ name }) => name === spec.name);
    const bytes = entry?.stateBytes(awkwardParameters, spec) ?? Number.NaN;
    const { arenaBytes } = build(text, backend, awkwardParameters);
    expect(arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
    expect(arenaBytes.parameters).toBe(elements * (backend === "wasm" ? 4 : 8));
  });

  it("reports the loss where the step began, and how often it evaluated", () => {
    const optimizer = startAt(valley);
    const evaluate = at(optimizer, rosenbrock);
    for (let k = 1; k <= 5; k++) {
      const losses: number[] = [];
      const { loss, evaluations } = optimizer.step(() => {
        const value = evaluate();
        losses.push(value);
        return value;
      });
      expect(loss).toBe(losses[0]);
      expect(evaluations).toBe(losses.length);
      expect(optimizer.stepCount).toBe(k);
    }
  });

  it("resumes from a file to the same bits, at any step, and runs asynchronously as it does at once", async () => {
    const run = (optimizer: ClosureOptimizer, steps: number): ClosureOptimizer => {
      for (let k = 0; k < steps; k++) optimizer.step(at(optimizer, rosenbrock));
      return optimizer;
    };
    const whole = flatten(run(startAt(valley), 20));
    for (const stop of [0, 1, 2, 8]) {
      const first = run(startAt(valley), stop);
      const { tensors, metadata } = first.saveState();
      const resumed = startAt([...first.parameter("x")]);
      resumed.loadState(decodeSafetensors(encodeSafetensors(tensors, metadata)));
      expect(resumed.stepCount).toBe(stop);
      expect(flatten(run(resumed, 20 - stop))).toEqual(whole);
    }
    const asynchronous = startAt(valley);
    for (let k = 0; k < 20; k++)
      await asynchronous.stepAsync(() => Promise.resolve(at(asynchronous, rosenbrock)()));
    expect(flatten(asynchronous)).toEqual(whole);
  });

  it("does not move at a stationary point", () => {
    const optimizer = build(text.replace("adamw", "adam"), backend, awkwardParameters);
    initialise(optimizer);
    const before = flatten(optimizer);
    expect(optimizer.step(() => 1)).toMatchObject({ satisfied: true, evaluations: 1, loss: 1 });
    expect(flatten(optimizer)).toEqual(before);
  });

  it("updates empty and one-element tensors", () => {
    const optimizer = build(text, backend, awkwardParameters);
    initialise(optimizer);
    const sphere = (): number => {
      for (const { name } of awkwardParameters) optimizer.gradient(name).set(optimizer.parameter(name));
      return flatten(optimizer).reduce((sum, value) => sum + (value * value) / 2, 0);
    };
    const start = sphere();
    for (let k = 0; k < 30; k++) optimizer.step(sphere);
    expect(sphere()).toBeLessThan((searches.includes(text) ? 1e-3 : 1) * start);
  });

  it("gains on a parabola and on Rosenbrock's function", () => {
    for (const [objective, start, steps] of [
      [parabola, [3, 3, -3], 400],
      [rosenbrock, valley, 400],
    ] as const) {
      const optimizer = startAt(start);
      const evaluate = at(optimizer, objective);
      const before = evaluate();
      for (let k = 1; k <= steps; k++) optimizer.step(evaluate);
      expect(evaluate()).toBeLessThan(0.9 * before);
    }
  });

  it("leaves the parameters as they were where the objective throws, now or later, and goes on after it", async () => {
    for (const call of [1, 2]) {
      const optimizer = startAt(valley);
      const failing = (): (() => number) => {
        let calls = 0;
        return () => {
          if (++calls === call) throw new Error("no");
          return at(optimizer, rosenbrock)();
        };
      };
      // A method that evaluates once has nothing that could fail at the second call.
      if (call === 2 && text.startsWith("lbfgs:lineSearch=none,lr")) continue;
      expect(() => optimizer.step(failing())).toThrow("no");
      const evaluate = failing();
      await expect(optimizer.stepAsync(async () => evaluate())).rejects.toThrow("no");
      expect(flatten(optimizer)).toEqual(flatten(startAt(valley)));
      expect(optimizer.stepCount).toBe(0);
      optimizer.step(at(optimizer, rosenbrock));
      const untroubled = startAt(valley);
      untroubled.step(at(untroubled, rosenbrock));
      expect(flatten(optimizer)).toEqual(flatten(untroubled));
    }
  });

  it("refuses to begin where the loss or the gradient is not finite", () => {
    const optimizer = startAt(valley);
    expect(() => optimizer.step(() => Number.NaN)).toThrow(/the loss is NaN where the step begins/);
    const broken = (): number => {
      optimizer.gradient("x").set([1, Number.POSITIVE_INFINITY]);
      return 1;
    };
    expect(() => optimizer.step(broken)).toThrow(/gradient of x\[1\] is Infinity at step 1/);
    expect(flatten(optimizer)).toEqual(flatten(startAt(valley)));
    expect(optimizer.stepCount).toBe(0);
  });

  it("names the call to make where the function is missing, returns no number, or steps are mixed up", async () => {
    const optimizer = startAt(valley);
    const code = expect.objectContaining({ code: "misuse" });
    const call = (method: "step" | "stepAsync", argument: unknown): unknown =>
      Reflect.apply(optimizer[method], optimizer, [argument]);
    expect(() => call("step", undefined)).toThrow(/without a function that does.*Call step\(evaluate\)/s);
    await expect(call("stepAsync", 3)).rejects.toThrow(/Call stepAsync\(evaluate\)/);
    expect(() => call("step", async () => 1)).toThrow(/returned a promise.*Await stepAsync/s);
    expect(() => call("step", () => undefined)).toThrow(/returned undefined/);
    const first = optimizer.stepAsync(async () => at(optimizer, rosenbrock)());
    await expect(optimizer.stepAsync(async () => 1)).rejects.toThrow(/while a step is under way/);
    await first;
    optimizer.enterEvaluation();
    expect(() => optimizer.step(at(optimizer, rosenbrock))).toThrow(/in evaluation mode/);
    expect(() => optimizer.enterEvaluation()).toThrow(code);
    expect([...optimizer.evaluationParameter("x")]).toEqual([...optimizer.parameter("x")]);
    optimizer.leaveEvaluation();
    optimizer.step(at(optimizer, rosenbrock));
    expect(() => optimizer.parameter("y")).toThrow(expect.objectContaining({ code: "unknown-name" }));
    expect(() => createOptimizer(parseOptimizerSpec(text), vector(2))).toThrow(
      /createClosureOptimizer\(spec, parameters\)\.step\(evaluate\)/,
    );
  });

  it("refuses the state of another optimizer, and what of it is missing", () => {
    const mismatch = expect.objectContaining({ code: "state-mismatch" });
    const other = createOptimizer(parseOptimizerSpec("adam"), vector(2));
    expect(() => startAt(valley).loadState(other.saveState())).toThrow(mismatch);
    const { tensors, metadata } = startAt(valley).saveState();
    expect(() => other.loadState({ tensors, metadata })).toThrow(mismatch);
    if (tensors.size === 0) return;
    expect(() => startAt(valley).loadState({ tensors: new Map(), metadata })).toThrow(mismatch);
    expect(() => startAt([1, 2, 3]).loadState({ tensors, metadata })).toThrow(mismatch);
  });

  it("leaves room for other things in its memory", () => {
    const { extra, memory, arenaBytes } = build(text, backend, awkwardParameters, { extraBytes: 1000 });
    expect(extra.byteLength).toBe(1000);
    expect(extra.byteOffset % 64).toBe(0);
    expect(extra.byteOffset + 1000).toBeLessThanOrEqual(memory.byteLength);
    expect(arenaBytes.extra).toBe(1000);
  });
});

describe.each(on(searches))("the search of %s on %s", (text, backend) => {
  const startAt = (start: readonly number[]): ClosureOptimizer => {
    const optimizer = build(text, backend, vector(start.length));
    optimizer.parameter("x").set(start);
    return optimizer;
  };

  it("converges on a parabola and gains on Rosenbrock's function; the value never rises", () => {
    for (const [objective, start, steps, target] of [
      [parabola, [3, 3, -3], 60, 1e-6],
      [rosenbrock, valley, 200, 4.2],
    ] as const) {
      const optimizer = startAt(start);
      let last = Number.POSITIVE_INFINITY;
      for (let k = 1; k <= steps; k++) {
        const { loss } = optimizer.step(at(optimizer, objective));
        expect(loss).toBeLessThanOrEqual(last + 1e-6);
        last = loss;
      }
      expect(at(optimizer, objective)()).toBeLessThan(target);
    }
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

  it("refuses what concerns single gradients or groups", () => {
    for (const config of [
      { clip: { globalNorm: 1 } },
      { groups: [{ names: ["x"] }] },
      { accumulate: 2 },
      { nonFinite: "skip" },
    ] as const)
      expect(() => build(text, backend, vector(2), config)).toThrow(
        expect.objectContaining({ code: "misuse" }),
      );
  });
});

describe.each(on(["gd-backtracking", "gd-wolfe"]))("the answer of %s on %s", (text, backend) => {
  it("is the step it reports, also where that is not the last candidate", () => {
    const optimizer = build(text, backend, vector(1));
    optimizer.parameter("x").set([2]);
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
    for (let k = 0; k < 8; k++) {
      const before = x[0] ?? 0;
      // A slope of one sign whatever is tried: no search ends satisfied before its last candidate.
      let call = 0;
      const { stepSize = Number.NaN } = optimizer.step(() => {
        gradient[0] = call === 0 ? 1 : -1;
        return call++ === 0 ? 0 : -1 / call;
      });
      expect(stepSize).toBeGreaterThan(0);
      expect(x[0]).toBe(backend === "wasm" ? Math.fround(before - stepSize) : before - stepSize);
    }
  });
});

describe.each(backends)("L-BFGS on %s", (backend) => {
  it("leaves the gradient of its answer, so that a step begins where the last one ended", () => {
    const optimizer = build("lbfgs:maximumIterations=7", backend, vector(2));
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
    x.set(valley);
    for (let k = 0; k < 12; k++) {
      optimizer.step(() => rosenbrock(x, gradient));
      const expected = [...gradient];
      rosenbrock(x, gradient);
      expect([...gradient]).toEqual(expected);
    }
  });

  it("finds the minimiser of a parabola of three dimensions in a few steps, and Rosenbrock's", () => {
    for (const [objective, start, steps] of [
      [parabola, [3, 3, -3], 8],
      [rosenbrock, valley, 45],
    ] as const) {
      const optimizer = build("lbfgs", backend, vector(start.length));
      optimizer.parameter("x").set(start);
      for (let k = 0; k < steps; k++) optimizer.step(at(optimizer, objective));
      expect(at(optimizer, objective)()).toBeLessThan(1e-9);
    }
  });

  it("remembers no displacement of a step that was not made", () => {
    const optimizer = build("lbfgs:lineSearch=none,changeTolerance=0.001", backend, vector(1));
    const pairs = (gradient: number): number => {
      optimizer.step(() => {
        optimizer.gradient("x")[0] = gradient;
        return 1;
      });
      return Number(JSON.parse(optimizer.saveState().metadata[metadataKey] ?? "{}").numbers.pairs);
    };
    // The second gradient is too small for a step, and the third points the other way.
    expect([1, 1e-4, -1].map(pairs)).toEqual([0, 1, 1]);
  });

  it("multiplies its step by the schedule's factor", () => {
    const moved = (lr: string, factor: number): number => {
      const spec = `lbfgs:lineSearch=none,lr=${lr}`;
      const optimizer = build(spec, backend, vector(2), { schedule: () => factor });
      optimizer.parameter("x").set(valley);
      optimizer.step(at(optimizer, rosenbrock));
      return optimizer.parameter("x")[0] ?? Number.NaN;
    };
    expect(moved("0.5", 0.25)).toBe(moved("0.125", 1));
    expect(moved("0.5", 0)).toBe(backend === "wasm" ? Math.fround(-1.2) : -1.2);
  });
});

describe.each(backends)("SAM on %s", (backend) => {
  const bases = registry.flatMap((entry) => {
    if (entry.kind !== "rule" || entry.over !== undefined) return [];
    const { evaluation } = entry.rule.body(entry.choose({}).options);
    return evaluation === undefined ? [entry.name] : [];
  });
  /** A loss whose gradients are those of step k, wherever it is evaluated. */
  const steps = 12;

  it.each(bases)("with radius 0 over %s is its base, to the bit", (base) => {
    const wrapped = build(`sam:base=${base},radius=0`, backend, awkwardParameters);
    const alone = createOptimizer(parseOptimizerSpec(base), awkwardParameters, { backend });
    for (const each of [wrapped, alone]) initialise(each);
    for (let k = 1; k <= steps; k++) {
      wrapped.step(() => {
        fillGradients(wrapped, k);
        return 1;
      });
      fillGradients(alone, k);
      alone.step();
    }
    expect(flatten(wrapped)).toEqual(flatten(alone));
  });

  it("takes the gradient at x + ρ g/‖g‖ over all parameters, a of them in turn, and steps from x", () => {
    for (const ascents of [1, 2]) {
      const two: readonly ParameterSpec[] = [
        { name: "a", shape: [2], role: "other" },
        { name: "b", shape: [1], role: "bias" },
      ];
      const spec = `sam:base=sgd,radius=0.5,lr=0.1,ascentSteps=${ascents}`;
      const optimizer = build(spec, backend, two);
      const curvatures = [1, 3, 0.5];
      const start = [1, -2, 3];
      optimizer.parameter("a").set(start.slice(0, 2));
      optimizer.parameter("b").set(start.slice(2));
      const slopes = (x: readonly number[]) => x.map((value, i) => value * (curvatures[i] ?? 0));
      optimizer.step(() => {
        const gradient = slopes(flatten(optimizer));
        optimizer.gradient("a").set(gradient.slice(0, 2));
        optimizer.gradient("b").set(gradient.slice(2));
        return 1;
      });
      let uphill = start;
      for (let ascent = 0; ascent < ascents; ascent++) {
        const gradient = slopes(uphill);
        const norm = Math.hypot(...gradient);
        uphill = uphill.map((value, i) => value + (0.5 * (gradient[i] ?? 0)) / norm);
      }
      const expected = slopes(uphill).map((slope, i) => (start[i] ?? 0) - 0.1 * slope);
      for (const [i, value] of flatten(optimizer).entries())
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, backend === "wasm" ? 6 : 14);
    }
  });

  it("has the base's groups, clipping, schedule and policies", () => {
    const wrapped = build("sam:base=adam,radius=0", backend, awkwardParameters, {
      groups: [{ roles: ["bias"], hyper: { lr: 0.1 } }],
      clip: { globalNorm: 0.5 },
      schedule: (step) => 1 / step,
      nonFinite: "skip",
    });
    const alone = createOptimizer(parseOptimizerSpec("adam"), awkwardParameters, {
      backend,
      groups: [{ roles: ["bias"], hyper: { lr: 0.1 } }],
      clip: { globalNorm: 0.5 },
      schedule: (step) => 1 / step,
      nonFinite: "skip",
    });
    for (const each of [wrapped, alone]) initialise(each);
    for (let k = 1; k <= 5; k++) {
      const break_ = (arrays: typeof wrapped | typeof alone): void => {
        fillGradients(arrays, k);
        if (k === 3) arrays.gradient("bias")[1] = Number.NaN;
      };
      const report = wrapped.step(() => {
        break_(wrapped);
        return 1;
      });
      break_(alone);
      expect(report.applied).toBe(alone.step().applied);
      expect(report.evaluations).toBe(k === 3 ? 1 : 2);
    }
    expect(flatten(wrapped)).toEqual(flatten(alone));
  });

  it("measures gradients whose squares overflow", () => {
    const optimizer = build("sam:base=sgd,radius=1,lr=0", backend, vector(2));
    const large = backend === "wasm" ? 1e30 : 1e200;
    let farthest = 0;
    optimizer.step(() => {
      optimizer.gradient("x").set([3 * large, 4 * large]);
      farthest = Math.max(farthest, Math.hypot(...optimizer.parameter("x")));
      return 1;
    });
    expect(farthest).toBeCloseTo(1, 6);
  });
});
