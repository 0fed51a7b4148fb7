import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash128 } from "./hash.js";
import { type RandomStream, randomStream } from "./stream.js";

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Pearson's χ² of counts against equal expectation; its mean is bins − 1, its variance 2 (bins − 1). */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function expectUniform(counts: readonly number[]): void {
  const freedom = counts.length - 1;
  expect(Math.abs(chiSquare(counts) - freedom)).toBeLessThan(4.5 * Math.sqrt(2 * freedom));
}

const correlation = (a: RandomStream, b: RandomStream, count: number): number =>
  12 * mean(draw(count, () => (a.uniform() - 0.5) * (b.uniform() - 0.5)));

describe("randomStream", () => {
  it("is a pure function of seed and labels", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.oneof(fc.string(), fc.integer())), (seed, labels) => {
        const one = randomStream(seed, ...labels);
        const two = randomStream(seed, ...labels);
        expect(draw(5, one.normal)).toEqual(draw(5, two.normal));
      }),
    );
  });

  it("keeps its first bits from version to version", () => {
    expect(draw(3, randomStream(0, "data-order", 0).uniform)).toEqual([
      0.7308230856433511, 0.8409671497065574, 0.05299466336145997,
    ]);
    expect([...randomStream(7, "x").permutation(8)]).toEqual([6, 5, 0, 2, 4, 1, 7, 3]);
  });

  it("spreads uniform numbers evenly", () => {
    const stream = randomStream(1, "uniform");
    const counts = new Array<number>(256).fill(0);
    const pairs = new Array<number>(256).fill(0);
    for (let i = 0; i < 200_000; i++) {
      const a = stream.uniform();
      const b = stream.uniform();
      const bin = Math.floor(a * 256);
      const pair = 16 * Math.floor(a * 16) + Math.floor(b * 16);
      counts[bin] = (counts[bin] ?? 0) + 1;
      pairs[pair] = (pairs[pair] ?? 0) + 1;
    }
    expectUniform(counts);
    expectUniform(pairs);
  });

  it("draws normal numbers with the moments 0, 1, 0, 3", () => {
    const count = 200_000;
    const values = draw(count, randomStream(2, "normal").normal);
    const moment = (power: number) => mean(values.map((x) => x ** power));
    // Standard errors of the k-th moment: sqrt(E x^2k - (E x^k)^2) / sqrt(n) = sqrt(1, 2, 15, 96) / sqrt(n).
    const bound = (variance: number) => 4.5 * Math.sqrt(variance / count);
    expect(Math.abs(moment(1))).toBeLessThan(bound(1));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(bound(2));
    expect(Math.abs(moment(3))).toBeLessThan(bound(15));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(bound(96));
  });

  it("gives integers that are uniform for any limit", () => {
    for (const limit of [1, 2, 3, 10, 97]) {
      const stream = randomStream(3, "integer", limit);
      const counts = new Array<number>(limit).fill(0);
      for (let i = 0; i < 1000 * limit; i++) {
        const value = stream.integer(limit);
        counts[value] = (counts[value] ?? 0) + 1;
      }
      expect(counts.length).toBe(limit);
      if (limit > 1) expectUniform(counts);
    }
    // Three quarters of the 32-bit range: plain scaling would hit every third value twice as often.
    const stream = randomStream(4);
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) {
      const third = stream.integer(3 * 2 ** 30) % 3;
      thirds[third] = (thirds[third] ?? 0) + 1;
    }
    expectUniform(thirds);
    for (const limit of [0, -1, 1.5, Number.NaN, 2 ** 33]) {
      expect(() => randomStream(0).integer(limit)).toThrow(RangeError);
    }
  });

  it("permutes: every index once, every order equally often", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(500), (seed, length) => {
        const order = randomStream(seed, "order").permutation(length);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
    const stream = randomStream(5, "orders");
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = stream.permutation(4).join();
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expectUniform([...orders.values()]);
  });

  it("permutes into an array that is handed in", () => {
    const out = new Int32Array(100).fill(7);
    expect(randomStream(6).permutation(100, out)).toBe(out);
    expect(out).toEqual(randomStream(6).permutation(100));
    expect(() => randomStream(6).permutation(99, out)).toThrow(RangeError);
  });

  it("makes streams of similar seeds and labels independent", () => {
    const count = 20_000;
    const alike: readonly [RandomStream, RandomStream][] = [
      [randomStream(0, "1"), randomStream(0, "11")],
      [randomStream(0, "1"), randomStream(0, 1)],
      [randomStream(0, "a", "b"), randomStream(0, "a,b")],
      [randomStream(0, "a/b"), randomStream(0, "a", "b")],
      [randomStream(0, "order", 1), randomStream(0, "order", 2)],
      [randomStream(1, "order"), randomStream(2, "order")],
      [randomStream(1, 2), randomStream(12)],
      [randomStream(0), randomStream(-1)],
      [randomStream(0.5), randomStream(0.25)],
    ];
    for (const [a, b] of alike) {
      expect(Math.abs(correlation(a, b, count))).toBeLessThan(4.5 / Math.sqrt(count));
    }
  });

  it("starts streams of counted labels uniformly", () => {
    const counts = new Array<number>(64).fill(0);
    for (let epoch = 0; epoch < 20_000; epoch++) {
      const bin = Math.floor(randomStream(0, "epoch", epoch).uniform() * 64);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expectUniform(counts);
  });
});

describe("hash128", () => {
  it("flips half of the bits when one character changes", () => {
    const flips: number[] = [];
    for (let i = 0; i < 500; i++) {
      const a = hash128(`[0,"label",${i}]`);
      const b = hash128(`[0,"label",${i + 1}]`);
      for (const [word, value] of a.entries()) {
        const difference = ((value ^ (b[word] ?? 0)) >>> 0).toString(2);
        flips.push([...difference].filter((bit) => bit === "1").length);
      }
    }
    expect(Math.abs(mean(flips) - 16)).toBeLessThan(4.5 * Math.sqrt(8 / flips.length));
  });
});
