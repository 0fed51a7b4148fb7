import { describe, expect, it } from "vitest";
import { palette, seriesStyle } from "./palette.js";
import { themes } from "./theme.js";

/** Relative luminance and contrast ratio as WCAG 2 defines them. */
const luminance = (colour: string): number =>
  [1, 3, 5]
    .map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
    .reduce((sum, channel, i) => sum + channel * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
const contrast = (a: string, b: string): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

describe.each(["light", "dark"] as const)("the %s theme", (name) => {
  const theme = themes[name];

  it("has text of contrast 4.5 and lines of contrast 3 on its backgrounds", () => {
    for (const background of [theme.surface, theme.page]) {
      for (const text of [theme.ink, theme.muted, theme.accent, theme.focus]) {
        expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5);
      }
      for (const line of palette[name]) expect(contrast(line, background)).toBeGreaterThanOrEqual(3);
    }
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
