/** Relative luminance of `#rrggbb` as WCAG 2 defines it: 0 for black, 1 for white. */
export const luminance = (colour: string): number =>
  [1, 3, 5]
    .map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
    .reduce((sum, channel, i) => sum + channel * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);

/** Contrast ratio of two colours as WCAG 2 defines it: 1 for equal ones, 21 for black on white. */
export const contrast = (a: string, b: string): number => {
  const [high, low] = [Math.max(luminance(a), luminance(b)), Math.min(luminance(a), luminance(b))];
  return (high + 0.05) / (low + 0.05);
};

/** Black or white, whichever reads better on a colour: 4.58:1 at least, on any. */
export const inkOn = (colour: string): string =>
  contrast(colour, "#000000") >= contrast(colour, "#ffffff") ? "#000000" : "#ffffff";
