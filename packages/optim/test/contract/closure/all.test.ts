import { describe, expect, it } from "vitest";
import type { ClosureOptimizer } from "../../../src/closure/optimizer.js";
import { createOptimizer } from "../../../src/optimizer/createOptimizer.js";
import { elementCount } from "../../../src/parameter.js";
import { registry } from "../../../src/registry.js";
import { decodeSafetensors, encodeSafetensors } from "../../../src/safetensors/safetensors.js";
import { parseOptimizerSpec } from "../../../src/spec.js";
import { awkwardParameters, flatten, initialise } from "../../gradients.js";
import { parabola, rosenbrock, vector } from "../../objectives.js";
import { at, build, methods, on, searches, startAt, valley } from "./methods.js";

/*
 * What every method that evaluates the objective itself promises, on both back ends.
 */

const elements = awkwardParameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

it("is written for every such method of the registry", () => {
  const named = new Set(methods.map((text) => parseOptimizerSpec(text).name));
  expect(registry.filter(({ kind }) => kind === "closure").map(({ name }) => name)).toEqual([...named]);
});

describe.each(on(methods))("%s on %s", (text, backend) => {
  const begin = (start: readonly number[]) => startAt(text, backend, start);

  it("takes the bytes that it declares", () => {
    const spec = parseOptimizerSpec(text);
    const entry = registry.find(({ name }) => name === spec.name);
    const bytes = entry?.stateBytes(awkwardParameters, spec) ?? Number.NaN;
    const { arenaBytes } = build(text, backend, awkwardParameters);
    expect(arenaBytes.state).toBe(backend === "wasm" ? bytes : 2 * bytes);
    expect(arenaBytes.parameters).toBe(elements * (backend === "wasm" ? 4 : 8));
  });

  it("reports the loss where the step began, and how often it evaluated", () => {
    const optimizer = begin(valley);
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
    const whole = flatten(run(begin(valley), 20));
    for (const stop of [0, 1, 2, 8]) {
      const first = run(begin(valley), stop);
      const { tensors, metadata } = first.saveState();
      const resumed = begin([...first.parameter("x")]);
      resumed.loadState(decodeSafetensors(encodeSafetensors(tensors, metadata)));
      expect(resumed.stepCount).toBe(stop);
      expect(flatten(run(resumed, 20 - stop))).toEqual(whole);
    }
    const asynchronous = begin(valley);
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
      const optimizer = begin(start);
      const evaluate = at(optimizer, objective);
      const before = evaluate();
      for (let k = 1; k <= steps; k++) optimizer.step(evaluate);
      expect(evaluate()).toBeLessThan(0.9 * before);
    }
  });

  it("leaves the parameters as they were where the objective throws, now or later, and goes on after it", async () => {
    for (const call of [1, 2]) {
      const optimizer = begin(valley);
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
      expect(flatten(optimizer)).toEqual(flatten(begin(valley)));
      expect(optimizer.stepCount).toBe(0);
      optimizer.step(at(optimizer, rosenbrock));
      const untroubled = begin(valley);
      untroubled.step(at(untroubled, rosenbrock));
      expect(flatten(optimizer)).toEqual(flatten(untroubled));
    }
  });

  it("refuses to begin where the loss or the gradient is not finite", () => {
    const optimizer = begin(valley);
    expect(() => optimizer.step(() => Number.NaN)).toThrow(/the loss is NaN where the step begins/);
    const broken = (): number => {
      optimizer.gradient("x").set([1, Number.POSITIVE_INFINITY]);
      return 1;
    };
    expect(() => optimizer.step(broken)).toThrow(/gradient of x\[1\] is Infinity at step 1/);
    expect(flatten(optimizer)).toEqual(flatten(begin(valley)));
    expect(optimizer.stepCount).toBe(0);
  });

  it("names the call to make where the function is missing, returns no number, or steps are mixed up", async () => {
    const optimizer = begin(valley);
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
    expect(() => begin(valley).loadState(other.saveState())).toThrow(mismatch);
    const { tensors, metadata } = begin(valley).saveState();
    expect(() => other.loadState({ tensors, metadata })).toThrow(mismatch);
    if (tensors.size === 0) return;
    expect(() => begin(valley).loadState({ tensors: new Map(), metadata })).toThrow(mismatch);
    expect(() => begin([1, 2, 3]).loadState({ tensors, metadata })).toThrow(mismatch);
  });

  it("leaves room for other things in its memory", () => {
    const { extra, memory, arenaBytes } = build(text, backend, awkwardParameters, { extraBytes: 1000 });
    expect(extra.byteLength).toBe(1000);
    expect(extra.byteOffset % 64).toBe(0);
    expect(extra.byteOffset + 1000).toBeLessThanOrEqual(memory.byteLength);
    expect(arenaBytes.extra).toBe(1000);
  });
});
