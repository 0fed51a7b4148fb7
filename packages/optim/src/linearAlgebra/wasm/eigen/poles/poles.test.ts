import { describe, expect, it } from "vitest";
import { poleCount, polesOf, poleTolerance } from "./poles.js";

describe("poles", () => {
  it.each([1.1, 1.5, 2, 3, 4, 6, 16])("give x^(−1/%d) over the whole interval", (root) => {
    for (const condition of [1e2, 1e5, 1e8, 1e12]) {
      const poles = polesOf(root, condition);
      expect(poles).toHaveLength(poleCount(condition));
      let worst = 0;
      for (let i = 0; i <= 400; i++) {
        const x = condition ** (-i / 400);
        const sum = poles.reduce((total, { shift, weight }) => total + weight / (x + shift), 0);
        worst = Math.max(worst, Math.abs(sum * x ** (1 / root) - 1));
      }
      expect(worst).toBeLessThan(poleTolerance);
    }
  });

  it("are all of a sum of inverses of positive definite matrices", () => {
    for (const { shift, weight } of polesOf(4, 1e12)) {
      expect(shift).toBeGreaterThan(0);
      expect(weight).toBeGreaterThan(0);
    }
  });

  it("are Zolotarev's for the square root: symmetric under x → 1/(κx)", () => {
    const condition = 1e6;
    const shifts = polesOf(2, condition).map(({ shift }) => shift);
    const mirrored = shifts.map((shift) => 1 / (condition * shift));
    shifts.sort((a, b) => a - b);
    mirrored.sort((a, b) => a - b);
    shifts.forEach((shift, i) => {
      expect((mirrored[i] ?? 0) / shift).toBeCloseTo(1, 9);
    });
  });
});
