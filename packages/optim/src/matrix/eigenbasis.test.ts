import fc from "fast-check";
import { expect, it } from "vitest";
import { descendingOrder, estimateEigenvalues, permuteAxis } from "./eigenbasis.js";

const extent = fc.integer({ min: 1, max: 11 });

/** Whole numbers, whose sums of products are exact. */
const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i + 1) * (seed + 7) * 31) % 17);

it("estimates eigenvalues by the diagonal of the product, whatever the number of rows", () => {
  fc.assert(
    fc.property(extent, extent, fc.nat(100), (rows, columns, seed) => {
      const [left, right] = [numbers(rows * columns, seed), numbers(rows * columns, seed + 1)];
      const found = new Float32Array(columns);
      estimateEigenvalues({ rows, columns, values: left }, { rows, columns, values: right }, found);
      const expected = Array.from({ length: columns }, (_, j) =>
        left.reduce(
          (sum, value, place) => sum + (place % columns === j ? value * (right[place] ?? 0) : 0),
          0,
        ),
      );
      expect([...found]).toEqual(expected);
    }),
  );
});

it("puts the places of any axis in order", () => {
  fc.assert(
    fc.property(
      fc.array(extent, { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      fc.nat(100),
      (shape, at, seed) => {
        const axis = at % shape.length;
        const size = shape[axis] ?? 1;
        const count = shape.reduce((product, each) => product * each, 1);
        const after = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
        const before = Float32Array.from({ length: count }, (_, i) => i);
        const order = descendingOrder(numbers(size, seed));
        const found = before.slice();
        permuteAxis(found, shape, axis, order);
        const expected = before.map((_, place) => {
          const index = Math.floor(place / after) % size;
          return place + ((order[index] ?? 0) - index) * after;
        });
        expect([...found]).toEqual([...expected]);
      },
    ),
  );
});
