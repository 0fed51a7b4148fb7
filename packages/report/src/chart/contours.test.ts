import { describe, expect, it } from "vitest";
import { contourLevels, contourPaths } from "./contours.js";

const side = 101;
const at = (index: number): number => -1 + (2 * index) / (side - 1);
/** x² + y² on [−1, 1]²: its contour at level r² is the circle of radius r. */
const bowl = Float64Array.from(
  { length: side * side },
  (_, i) => at(i % side) ** 2 + at(Math.floor(i / side)) ** 2,
);

/** The points of a path in the coordinates of the box. */
function points(path: string): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const ring of path.split("z").filter((text) => text !== "")) {
    const numbers = (ring.match(/-?\d+/g) ?? []).map(Number);
    let [x, y] = [0, 0];
    for (let i = 0; i < numbers.length; i += 2) {
      [x, y] = [x + (numbers[i] ?? 0), y + (numbers[i + 1] ?? 0)];
      found.push([-1 + (0.2 * x) / (side - 1), -1 + (0.2 * y) / (side - 1)]);
    }
  }
  return found;
}

describe("contours", () => {
  it("spaces levels evenly on a logarithmic scale", () => {
    const levels = contourLevels(bowl);
    expect(levels.length).toBeGreaterThan(8);
    expect(levels.length).toBeLessThanOrEqual(27);
    const ratios = levels.slice(1).map((level, i) => level / (levels[i] ?? Number.NaN));
    for (const ratio of ratios) expect(ratio).toBeCloseTo(ratios[0] ?? Number.NaN, 10);
  });

  it("finds the circles of a bowl to half a tenth of a cell", () => {
    const contours = contourPaths({ columns: side, rows: side, values: bowl }).filter(
      ({ level }) => level < 0.9,
    );
    expect(contours.length).toBeGreaterThan(5);
    for (const { level, path } of contours) {
      // The region above the level also has the border of the grid as a ring.
      const inside = points(path).filter(([x, y]) => Math.abs(x) < 0.99 && Math.abs(y) < 0.99);
      expect(inside.length).toBeGreaterThan(20);
      for (const [x, y] of inside) expect(Math.abs(Math.hypot(x, y) - Math.sqrt(level))).toBeLessThan(0.006);
    }
  });

  it("has no levels where the function is constant, infinite or not a number", () => {
    expect(contourLevels([3, 3, 3])).toEqual([]);
    expect(contourLevels([0, Number.NaN, Number.POSITIVE_INFINITY])).toEqual([]);
    expect(contourPaths({ columns: 2, rows: 1, values: [0, 0] })).toEqual([]);
    const broken = Float64Array.from(bowl);
    broken[0] = Number.NaN;
    broken[1] = Number.POSITIVE_INFINITY;
    expect(contourPaths({ columns: side, rows: side, values: broken }).length).toBeGreaterThan(5);
  });
});
