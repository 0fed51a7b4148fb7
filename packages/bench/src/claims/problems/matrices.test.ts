import { randomStream } from "@steepest/random";
import { describe, expect, it } from "vitest";
import { composed, distance, distanceToIdentity, randomOrthonormal, spectrum, times } from "./matrices.js";

describe("random matrices", () => {
  it("have orthonormal columns", () => {
    const q = randomOrthonormal(9, 4, randomStream(1, "q"));
    expect(distanceToIdentity(times(q, q, { transposeA: true }))).toBeLessThan(1e-14);
    expect(distanceToIdentity(times(q, q, { transposeB: true }))).toBeGreaterThan(0.1);
  });

  it("are composed of the singular values that they are given", () => {
    const [u, v] = [
      randomOrthonormal(5, 3, randomStream(1, "u")),
      randomOrthonormal(4, 3, randomStream(1, "v")),
    ];
    const values = spectrum(3, 100);
    expect(values).toEqual([1, 0.1, 0.01]);
    const matrix = composed(u, values, v);
    expect([matrix.rows, matrix.columns]).toEqual([5, 4]);
    const back = times(times(u, matrix, { transposeA: true }), v);
    const diagonal = values.flatMap((value, i) => [0, 0, 0].with(i, value));
    expect(distance(back.values, diagonal)).toBeLessThan(1e-14);
  });
});
