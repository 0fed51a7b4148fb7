import { describe, expect, it } from "vitest";
import { tune } from "./tuning.js";

describe("tune", () => {
  it("takes the candidate whose mean loss is least; what diverged is never it", async () => {
    const losses = [
      [Number.NaN, 0],
      [3, 5],
      [1, 6],
      [Number.POSITIVE_INFINITY, 0],
    ];
    const best = await tune(
      ["diverged", "four", "three and a half", "infinite"],
      async (_, i) => losses[i] ?? [],
    );
    expect(best).toBe("three and a half");
  });

  it("needs something to choose from", async () => {
    await expect(tune([], async () => [])).rejects.toThrow(/at least one candidate/);
  });
});
