import fc from "fast-check";
import { expect, it } from "vitest";
import { type Backend, viewOf } from "./backend.js";
import { moveDescriptorBytes, rowMajor } from "./moves.js";
import { referenceBackend } from "./reference.js";
import { wasmBackend } from "./wasm/backend.js";

const room = 4000;

/** What the array `to`, of 1, 2, 3, ... before, holds after a move of 0.5, 1.5, 2.5, ...; `runs` times. */
function moved(
  backend: Backend,
  sizes: readonly number[],
  fromStrides: readonly number[],
  toStrides: readonly number[],
  { add, runs = 1 }: { readonly add: boolean; readonly runs?: number },
): readonly number[] {
  const bytes = backend.precision === "float32" ? 4 : 8;
  const memory = backend.allocate(moveDescriptorBytes + 2 * room * bytes);
  const from = viewOf(backend.precision, memory, moveDescriptorBytes, room).map((_, i) => i + 0.5);
  viewOf(backend.precision, memory, moveDescriptorBytes, room).set(from);
  const to = viewOf(backend.precision, memory, moveDescriptorBytes + room * bytes, room);
  to.set(to.map((_, i) => i + 1));
  const source = viewOf(backend.precision, memory, moveDescriptorBytes, room);
  const run = backend.moves(memory, 0, [{ from: source, to, sizes, fromStrides, toStrides, add }]);
  for (let i = 0; i < runs; i++) run();
  return Array.from(to);
}

/** Sizes of a tensor of at most 4000 elements, and its strides where the axes lie in another order. */
const layouts = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 })
  .filter((sizes) => sizes.reduce((product, size) => product * size, 1) <= room)
  .chain((sizes) =>
    fc
      .shuffledSubarray([...sizes.keys()], { minLength: sizes.length, maxLength: sizes.length })
      .map((order) => {
        const inOrder = rowMajor(order.map((axis) => sizes[axis] ?? 0));
        return { sizes, strides: sizes.map((_, axis) => inOrder[order.indexOf(axis)] ?? 0) };
      }),
  );

it("moves any layout into any other as the reference does", () => {
  fc.assert(
    fc.property(layouts, fc.boolean(), fc.boolean(), ({ sizes, strides }, add, turned) => {
      const [from, to] = turned ? [strides, rowMajor(sizes)] : [rowMajor(sizes), strides];
      const expected = moved(referenceBackend, sizes, from, to, { add });
      expect(moved(wasmBackend, sizes, from, to, { add })).toEqual(expected);
    }),
  );
});

it("spreads values along axes, and adds up along them", () => {
  fc.assert(
    fc.property(layouts, fc.nat(63), fc.boolean(), ({ sizes, strides }, chosen, add) => {
      const flat = strides.map((stride, axis) => ((chosen >> axis) % 2 === 1 ? 0 : stride));
      const [from, to] = add ? [strides, flat] : [flat, strides];
      const expected = moved(referenceBackend, sizes, from, to, { add, runs: 2 });
      const found = moved(wasmBackend, sizes, from, to, { add, runs: 2 });
      const wrong = found.findIndex((value, index) => {
        const exact = expected[index] ?? Number.NaN;
        return !(Math.abs(value - exact) <= 1e-5 * Math.abs(exact));
      });
      expect([wrong, found[wrong]]).toEqual([-1, undefined]);
    }),
  );
});

it("adds 300 neighbours up, and copies 300 to the right places", () => {
  const sum = moved(wasmBackend, [2, 300], [300, 1], [1, 0], { add: true });
  expect(sum.slice(0, 3)).toEqual([1 + 45_000, 2 + 135_000, 3]);
  const copied = moved(wasmBackend, [2, 3], [10, 1], [3, 1], { add: false });
  expect(copied.slice(0, 7)).toEqual([0.5, 1.5, 2.5, 10.5, 11.5, 12.5, 7]);
});
