import { describe, expect, it } from "vitest";
import type { OptimizerConfig } from "../optimizer/config.js";
import { createOptimizer } from "../optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../spec.js";

/*
 * Gradients far from size 1. Of a smooth matrix, whose factors have eigenvalues that only rounding tells from
 * zero.
 */

const shape = [4, 6];
const entry = (index: number): number => Math.sin((index % 6) + 1 + Math.floor(index / 6) / 10);

const build = (spec: string, config: OptimizerConfig = {}) =>
  createOptimizer(parseOptimizerSpec(spec), [{ name: "w", shape, role: "hiddenMatrix" }], config);

function moves(spec: string, size: number, steps: number, config: OptimizerConfig = {}): number[] {
  const optimizer = build(spec, config);
  const weights = optimizer.parameter("w");
  return Array.from({ length: steps }, () => {
    const before = weights.slice();
    for (let i = 0; i < weights.length; i++) optimizer.gradient("w")[i] = size * entry(i);
    optimizer.step();
    return Math.max(...weights.map((value, index) => Math.abs(value - (before[index] ?? 0))));
  });
}

const byRoots = ["shampoo", "shampoo:root=coupledNewton", "caspr", "distributed-shampoo:grafting=none"];
const bounded = [...byRoots, "distributed-shampoo", "adafactor", "muon"];
const squaring = [...byRoots, "distributed-shampoo", "soap", "adafactor"];

describe("large gradients", () => {
  it.each(bounded)("%s takes steps of the same size whatever the gradient's", (spec) => {
    const { lr = Number.NaN } = build(spec).groups[0]?.hyper ?? {};
    for (const backend of ["wasm", "float64"] as const)
      for (const size of [1e2, 1e4, 1e8, 1e12, 1e18]) {
        const sizes = moves(spec, size, 12, { backend });
        // Of a gradient that stays the same, the direction has a size of 1 at most, or a little more while
        // averages begin.
        expect(Math.max(...sizes), `${size}`).toBeLessThan(10 * lr);
      }
  });

  it.each(squaring)("%s refuses those whose squares overflow, and changes nothing", (spec) => {
    const optimizer = build(spec);
    const weights = optimizer.parameter("w");
    const fill = (size: number) => {
      optimizer.gradient("w").set(Float32Array.from({ length: 24 }, (_, i) => size * entry(i)));
    };
    fill(1);
    optimizer.step();
    const [state, before] = [optimizer.saveState(), weights.slice()];
    fill(1e20);
    expect(() => optimizer.step()).toThrow(
      /squared gradients of w sum to 1.*e\+41 at step 2: .*Clip the gradient/,
    );
    expect(weights).toEqual(before);
    expect(optimizer.saveState()).toEqual(state);
    fill(1e18);
    optimizer.step();
    expect(weights.every(Number.isFinite)).toBe(true);
  });

  it.each(squaring)(
    "%s skips such gradients where told to, and takes them where they are clipped",
    (spec) => {
      const skipping = build(spec, { nonFinite: "skip", accumulate: 2 });
      for (const size of [1, 1e20, 1]) {
        skipping.gradient("w").fill(size);
        skipping.step();
      }
      expect(skipping.stepCount).toBe(1);
      expect(skipping.parameter("w").every(Number.isFinite)).toBe(true);
      for (const clip of [{ globalNorm: 1 }, { value: 1 }]) {
        const sizes = moves(spec, 1e20, 3, { clip });
        expect(sizes.every(Number.isFinite)).toBe(true);
      }
    },
  );

  it("muon takes them, and element rules stand still where squares are infinite", () => {
    expect(moves("muon", 1e30, 3).every((size) => size > 0 && size < 1)).toBe(true);
    expect(moves("adam", 1e30, 3)).toEqual([0, 0, 0]);
  });
});
