import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adamwDecoupled } from "./adamwDecoupled.js";

const small = adamwDecoupled.with({
  rates: [0.01, 0.032],
  decays: [0.032, 0.1, 0.32, 1, 3.2, 10],
  validated: 256,
  steps: 150,
});

describe("adamw-decoupled", () => {
  it("finds an L2 term's best decay to follow the size of the gradients, and AdamW's not", async () => {
    const { verdict, figures, tables } = await runClaim(small, { seeds: 2 });
    expect(Math.abs(verdict.effects[0]?.estimate ?? Number.NaN)).toBeLessThan(0.5);
    const factor = (method: string) =>
      figures.find(({ name }) => name.startsWith(`factor of the best decay of ${method} `))?.value;
    expect(factor("adamw")).toBeCloseTo(1, 3);
    // Adam is blind to a common factor of g + λx, so that 10 g asks for 10 λ.
    expect(factor("adam-l2")).toBeCloseTo(10, 0);
    // A decay that is too large leaves nothing but log(classes).
    const [, , , , , , last] = tables[1]?.rows[0] ?? [];
    expect(last).toBeCloseTo(Math.log(4), 2);
  });

  it("takes both effects from the methods that it is given", async () => {
    const exchanged = small.with({ decoupled: "adam-l2", coupled: "adam-l2", steps: 30 });
    const { verdict, figures } = await runClaim(exchanged, { seeds: 2 });
    const [first, second] = verdict.effects;
    expect(Math.abs(first?.estimate ?? Number.NaN)).toBeCloseTo(second?.estimate ?? Number.NaN, 10);
    const loss = figures
      .filter(({ name }) => name.startsWith("least validation loss"))
      .map(({ value }) => value);
    expect(loss[0]).toBe(loss[1]);
  });
});
