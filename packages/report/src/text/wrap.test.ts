import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "./width.js";
import { wrap } from "./wrap.js";

const words = fc.array(fc.stringMatching(/^[a-z界]{1,12}$/), { minLength: 1, maxLength: 40 });

describe("wrap", () => {
  it("breaks at spaces, before the column that would be too many", () => {
    expect(wrap("one two three", 7)).toBe("one two\nthree");
    expect(wrap("one two three", 9, "  ")).toBe("  one two\n  three");
    expect(wrap("incomprehensibilities", 5)).toBe("incomprehensibilities");
  });

  it("keeps every word, fills lines as far as they go, and never exceeds the width with more than one word", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrap(text.join(" "), width).split("\n");
        expect(lines.join(" ")).toBe(text.join(" "));
        lines.forEach((line, index) => {
          if (line.includes(" ")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          const next = lines[index + 1]?.split(" ")[0];
          if (next !== undefined) expect(displayWidth(`${line} ${next}`)).toBeGreaterThan(width);
        });
      }),
    );
  });
});
