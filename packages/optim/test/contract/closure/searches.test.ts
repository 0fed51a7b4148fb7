import { describe, expect, it } from "vitest";
import { parabola, rosenbrock, vector } from "../../objectives.js";
import { at, build, on, searches, startAt, valley } from "./methods.js";

describe.each(on(searches))("the search of %s on %s", (text, backend) => {
  const begin = (start: readonly number[]) => startAt(text, backend, start);

  it("converges on a parabola and gains on Rosenbrock's function; the value never rises", () => {
    for (const [objective, start, steps, target] of [
      [parabola, [3, 3, -3], 60, 1e-6],
      [rosenbrock, valley, 200, 4.2],
    ] as const) {
      const optimizer = begin(start);
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
    const optimizer = begin([2]);
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
