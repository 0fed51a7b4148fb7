import { describe, expect, it } from "vitest";
import { contrast, inkOn, luminance } from "./contrast.js";
import { palette, seriesStyle } from "./palette.js";
import { themes } from "./theme.js";

describe("contrast", () => {
  it("is WCAG's: 21 for black on white, 1 for equal colours, 4.48 for its own border case of grey", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 12);
    expect(contrast("#123456", "#123456")).toBe(1);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    expect(luminance("#ff0000")).toBeCloseTo(0.2126, 12);
  });
});

describe.each(["light", "dark"] as const)("the %s theme", (name) => {
  const theme = themes[name];

  it("has text of contrast 4.5 and lines of contrast 3 on its backgrounds", () => {
    for (const background of [theme.surface, theme.page]) {
      for (const text of [theme.ink, theme.muted, theme.accent, theme.focus]) {
        expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5);
      }
      for (const line of palette[name]) expect(contrast(line, background)).toBeGreaterThanOrEqual(3);
    }
    for (const fill of palette[name]) expect(contrast(inkOn(fill), fill)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme["warn-ink"], theme.warn)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.ink, theme.soft)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.surface, theme.focus)).toBeGreaterThanOrEqual(4.5);
  });
});

describe("seriesStyle", () => {
  it("tells 32 series apart", () => {
    const styles = Array.from({ length: 32 }, (_, index) => JSON.stringify(seriesStyle(index)));
    expect(new Set(styles).size).toBe(32);
  });
});
