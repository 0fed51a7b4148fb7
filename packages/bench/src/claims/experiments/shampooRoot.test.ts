import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { shampooRoot } from "./shampooRoot.js";

const small = shampooRoot.with({
  size: 16,
  steps: 3,
  conditions: [1e1, 1e3, 1e7],
  needed: 1e3,
  sizes: [8, 16],
});

describe("shampoo-root", () => {
  it("holds, and errors grow with the condition number", async () => {
    const { verdict, charts } = await runClaim(small, { seeds: 3 });
    expect(verdict.kind).toBe("holds");
    for (const { name, y } of charts[0]?.series ?? []) {
      const [easy, , hard] = Array.from(y);
      if (name.endsWith("float32")) expect(hard, name).toBeGreaterThan(10 * Number(easy));
      else expect(hard, name).toBeLessThan(1e-5);
    }
    const iterations = charts[1]?.series.map(({ y }) => Number(y[1])) ?? [];
    expect(Math.min(...iterations)).toBeGreaterThan(5);
  });

  it("does not hold where float32 meets a condition number beyond its reach", async () => {
    const { verdict } = await runClaim(small.with({ needed: 1e7 }), { seeds: 3 });
    expect(verdict.kind).toBe("does not hold");
  });
});
