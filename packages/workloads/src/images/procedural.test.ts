import { describe, expect, it } from "vitest";
import { drawShapes } from "./procedural.js";
import { shapes } from "./shapes.js";

describe("shapes", () => {
  it("are ten, of about unit size, and all lie within the reach that drawing assumes", () => {
    expect(shapes).toHaveLength(10);
    for (const shape of shapes) {
      let area = 0;
      for (let u = -1.99; u < 2; u += 0.02) {
        for (let v = -1.99; v < 2; v += 0.02) {
          if (shape(u, v) > 0) continue;
          area += 4e-4;
          expect(Math.hypot(u, v)).toBeLessThan(1.15);
        }
      }
      expect(area).toBeGreaterThan(0.8);
      expect(area).toBeLessThan(2.7);
    }
  });
});

describe("drawShapes", () => {
  const { pixels, labels } = drawShapes(3000);

  it("draws the same images every time, and a shorter set is the beginning of a longer one", () => {
    const again = drawShapes(100);
    expect(again.pixels).toEqual(pixels.subarray(0, 100 * 784));
    expect(again.labels).toEqual(labels.subarray(0, 100));
  });

  it("draws every class about equally often, in any order", () => {
    for (let label = 0; label < 10; label++) {
      const share = labels.filter((found) => found === label).length / labels.length;
      expect(share).toBeGreaterThan(0.075);
      expect(share).toBeLessThan(0.125);
    }
  });

  it("draws shapes brighter than their ground", () => {
    const meanOf = (from: number, to: number) => {
      let sum = 0;
      for (let image = 0; image < 3000; image++) {
        for (let i = from; i < to; i++) sum += pixels[784 * image + i] ?? Number.NaN;
      }
      return sum / (3000 * (to - from));
    };
    expect(meanOf(14 * 28 + 8, 14 * 28 + 20)).toBeGreaterThan(meanOf(0, 28) + 30);
  });
});
