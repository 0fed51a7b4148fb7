import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { shampooSteps } from "./shampooSteps.js";

const small = shampooSteps.with({
  widths: [8, 4],
  samples: 128,
  batch: 32,
  interval: 1,
  target: 0.5,
  steps: 60,
  rates: [0.1, 0.32, 1],
});

describe("shampoo-steps", () => {
  it("counts what a step costs, and ends at the target", async () => {
    const { verdict, charts, figures, caveat } = await runClaim(small, { seeds: 2 });
    const [products, grams, roots] = [8 * 8 * 4 + 8 * 4 * 4, 36 * 4 + 10 * 8, 5.5 * (8 ** 3 + 4 ** 3)];
    const elements = 6 * 8 * 4;
    expect(verdict.effects[1]?.estimate).toBeCloseTo((products + grams + roots + elements) / elements, 8);
    // All of Shampoo's steps with two products for each gradient, 2 · 32 · 8 · 4, over all of Adam's.
    const gradient = 2 * 32 * 8 * 4;
    const dearer = (gradient + products + grams + roots + elements) / (gradient + elements);
    const inAll = figures.find(({ name }) => name.startsWith("cost of all"))?.value ?? Number.NaN;
    expect(inAll * (verdict.effects[0]?.estimate ?? Number.NaN)).toBeCloseTo(dearer, 8);
    expect(caveat).toContain(`cost ${Number(inAll.toPrecision(3))} [`);
    for (const { name, y } of charts[0]?.series ?? []) {
      const losses = Array.from(y);
      expect(losses[0], name).toBeGreaterThan(0.5 * Math.log(4));
      expect(losses.at(-1), name).toBeLessThanOrEqual(0.5 * Math.log(4));
    }
  });

  it("chooses learning rates on seeds that it does not judge", async () => {
    // Rates so close that other seeds would choose others.
    const fine = small.with({ rates: Array.from({ length: 12 }, (_, i) => 0.4 * 1.07 ** i) });
    const columns = async (seeds: number) => (await runClaim(fine, { seeds })).tables[0]?.columns;
    expect(await columns(6)).toEqual(await columns(2));
  });

  it("does not hold of a method against itself, nor of one that does not get there", async () => {
    const same = await runClaim(small.with({ shampoo: "adam" }), { seeds: 2 });
    expect(same.verdict.effects).toMatchObject([
      { kind: "does not hold", estimate: 1 },
      { kind: "does not hold", estimate: 1 },
    ]);
    const slow = await runClaim(small.with({ shampoo: "shampoo:eps=1e9" }), { seeds: 2 });
    expect(slow.verdict.effects[0]?.estimate).toBeLessThan(0.5);
    expect(slow.figures[0]).toMatchObject({ name: "steps of shampoo:eps=1e9", value: 60 });
  });
});
