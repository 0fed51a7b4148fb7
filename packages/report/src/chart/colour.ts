/** The colours of the bands between contour lines. */
export interface FieldColours {
  /** The fill of the region above the line at an index, of `count` lines; colours are `#rrggbb`. */
  band(low: string, high: string, index: number, count: number): string;
  /** The opacity of the line itself: strong in the valley, weak on the heights. */
  lineOpacity(index: number, count: number): number;
}

/**
 * Builds the colours of contours. Self-contained, so that a page's inline script can hold the same source.
 */
export function createFieldColours(): FieldColours {
  const channel = (colour: string, index: number): number =>
    Number.parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16);
  return {
    band(low, high, index, count) {
      const share = ((index + 1) / count) ** 0.8;
      const mixed = [0, 1, 2].map((i) =>
        Math.round(channel(low, i) * (1 - share) + channel(high, i) * share),
      );
      return `rgb(${mixed.join(",")})`;
    },
    lineOpacity: (index, count) => 0.62 - 0.4 * (index / count),
  };
}

/** The colours of contours drawn outside a page. */
export const fieldColours = createFieldColours();
