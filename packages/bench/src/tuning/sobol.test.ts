import { readFileSync } from "node:fs";
import { SteepestError } from "@steepest/optim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sobolDimensions, sobolPoints } from "./sobol.js";

const golden = z
  .object({ source: z.string(), denominator: z.number(), points: z.array(z.array(z.number())) })
  .parse(JSON.parse(readFileSync(new URL("../../fixtures/sobol.json", import.meta.url), "utf8")));

describe("sobolPoints", () => {
  it("equals PyTorch's points after the origin in every dimension, bit for bit", () => {
    const expected = golden.points.map((point) => point.map((value) => value / golden.denominator));
    expect(sobolPoints(expected.length, sobolDimensions)).toEqual(expected);
  });

  it("is stratified: with the origin, 2^m points have one in each interval of length 2^−m, in each dimension", () => {
    for (const bits of [4, 7, 10]) {
      const count = 2 ** bits;
      const points = [
        Array.from({ length: sobolDimensions }, () => 0),
        ...sobolPoints(count - 1, sobolDimensions),
      ];
      for (let dimension = 0; dimension < sobolDimensions; dimension++) {
        const cells = new Set(points.map((point) => Math.floor((point[dimension] ?? Number.NaN) * count)));
        expect(cells.size).toBe(count);
      }
    }
  });

  it("is a (0, m, 2)-net in its first two dimensions: one point in each elementary box of area 2^−m", () => {
    const bits = 8;
    const points = [[0, 0], ...sobolPoints(2 ** bits - 1, 2)];
    for (let across = 0; across <= bits; across++) {
      const boxes = new Set(
        points.map(([u = Number.NaN, v = Number.NaN]) =>
          [Math.floor(u * 2 ** across), Math.floor(v * 2 ** (bits - across))].join(),
        ),
      );
      expect(boxes.size).toBe(2 ** bits);
    }
  });

  it("extends a shorter sequence, in points and in dimensions, without changing it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: sobolDimensions - 1 }),
        (count, dimensions) => {
          const longer = sobolPoints(count + 9, dimensions + 1).slice(0, count);
          expect(longer.map((point) => point.slice(0, dimensions))).toEqual(sobolPoints(count, dimensions));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("refuses more dimensions than it has numbers for, and counts that are none", () => {
    expect(() => sobolPoints(1, sobolDimensions + 1)).toThrow(/halton/);
    expect(() => sobolPoints(1.5, 1)).toThrow(SteepestError);
    expect(() => sobolPoints(1, 0)).toThrow(SteepestError);
  });
});
