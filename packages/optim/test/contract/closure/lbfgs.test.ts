import { describe, expect, it } from "vitest";
import { metadataKey } from "../../../src/optimizer/state/description.js";
import { backends } from "../../forms.js";
import { parabola, rosenbrock, vector } from "../../objectives.js";
import { at, build, startAt, valley } from "./methods.js";

describe.each(backends)("L-BFGS on %s", (backend) => {
  it("leaves the gradient of its answer, so that a step begins where the last one ended", () => {
    const optimizer = startAt("lbfgs:maximumIterations=7", backend, valley);
    const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
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
      const optimizer = startAt("lbfgs", backend, start);
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

  it("forgets all pairs where a search along their direction fails", () => {
    const optimizer = startAt("lbfgs", backend, valley);
    for (let k = 0; k < 3; k++) optimizer.step(at(optimizer, rosenbrock));
    const stopped = [...optimizer.parameter("x")];
    let calls = 0;
    const walled = () => (calls++ === 0 ? at(optimizer, rosenbrock)() : Number.NaN);
    expect(optimizer.step(walled)).toMatchObject({ applied: false, satisfied: false });
    const fresh = startAt("lbfgs", backend, stopped);
    for (const each of [optimizer, fresh]) each.step(at(each, rosenbrock));
    expect([...optimizer.parameter("x")]).toEqual([...fresh.parameter("x")]);
    expect([...fresh.parameter("x")]).not.toEqual(stopped);
  });

  it.each([2, 3, 7])("evaluates five times in four of %i iterations by itself", (iterations) => {
    const after = (evaluations: number): readonly number[] => {
      const text = `lbfgs:lineSearch=none,lr=0.001,maximumIterations=${iterations},maximumEvaluations=${evaluations}`;
      const optimizer = startAt(text, backend, valley);
      optimizer.step(at(optimizer, rosenbrock));
      return [...optimizer.parameter("x")];
    };
    const whole = Math.floor((5 * iterations) / 4);
    expect(after(0)).toEqual(after(whole));
    // Of so few iterations one more evaluation makes one more step, of more the iterations are the limit.
    if (iterations < 4) expect(after(0)).not.toEqual(after(whole + 1));
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
