import { createOptimizer, parseOptimizerSpec, referenceLinearAlgebra } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { countMultiplyAdds, rootMultiplyAdds } from "./multiplyAdds.js";

describe("counted multiply-adds", () => {
  it("are those of the formulas for a step of Shampoo on a 4×6 weight", () => {
    const { algebra, spent } = countMultiplyAdds(referenceLinearAlgebra);
    const optimizer = createOptimizer(
      parseOptimizerSpec("shampoo"),
      [{ name: "w", shape: [4, 6], role: "hiddenMatrix" }],
      { backend: "float64", linearAlgebra: algebra },
    );
    for (let step = 1; step <= 2; step++) {
      optimizer.gradient("w").fill(step);
      optimizer.step();
      expect(spent).toEqual({
        // L^(−1/4) G, then times R^(−1/4).
        products: step * (4 * 4 * 6 + 4 * 6 * 6),
        // One triangle with the diagonal of GGᵀ and of GᵀG.
        grams: step * (10 * 6 + 21 * 4),
        roots: step * 5.5 * (4 ** 3 + 6 ** 3),
      });
    }
  });

  it("take X T, T^p and T^p M for each iteration, and the decomposition too where it replaced them", () => {
    const newton = (p: number) =>
      rootMultiplyAdds(1, p, { method: "coupledNewton", iterations: 1, error: 0 });
    expect([1, 2, 3, 4, 6, 8].map(newton)).toEqual([2, 3, 4, 4, 5, 5]);
    expect(rootMultiplyAdds(2, 4, { method: "eigen", iterations: 3, error: 1 })).toBe(8 * (3 * 4 + 5.5));
  });
});
