import { describe, expect, it } from "vitest";
import { runClaim } from "../run.js";
import { adamLanguage } from "./adamLanguage.js";

const small = adamLanguage.with({ sizes: [4], longer: { size: 3, factor: 2 }, rates: [0.032, 0.1, 0.32, 1] });

describe("adam-language", () => {
  it("finds an advantage with heavy-tailed classes only, from the loss of zero weights on", async () => {
    const { verdict, charts, figures, caveat } = await runClaim(small, { seeds: 2 });
    const [heavyTailed, balanced] = verdict.effects;
    expect(heavyTailed?.estimate).toBeGreaterThan(0.03);
    expect(balanced?.estimate).toBeLessThan(0);
    expect(figures[0]?.name).toMatch(/at 2 times the horizon, with an imbalance of 4$/);
    expect(caveat).toMatch(
      /^The verdict is about 8 steps, .* imbalance of 4 and 8 steps, it is \S+ \[.* Over sgd instead of momentum it is 0\.\d+ \[/,
    );
    for (const { y } of charts.flatMap(({ series }) => series)) expect(y[0]).toBeCloseTo(Math.log(15), 5);
  });

  it("chooses learning rates on seeds that it does not judge", async () => {
    // Rates so close that other seeds would choose others.
    const fine = small.with({ rates: Array.from({ length: 10 }, (_, i) => 0.1 * 1.07 ** i) });
    const chosen = async (seeds: number) =>
      (await runClaim(fine, { seeds })).tables.find(({ title }) => title === "Learning rates chosen");
    expect(await chosen(3)).toEqual(await chosen(2));
  });

  it("does not hold with the methods exchanged, nor where they are one", async () => {
    const exchanged = await runClaim(small.with({ sgd: "adam", adam: "momentum" }), { seeds: 2 });
    expect(exchanged.verdict.effects[0]?.kind).toBe("does not hold");
    const same = await runClaim(small.with({ sgd: "adam" }), { seeds: 2 });
    expect(same.verdict.effects).toMatchObject([
      { kind: "does not hold", estimate: 0 },
      { kind: "holds", estimate: 0 },
    ]);
  });
});
