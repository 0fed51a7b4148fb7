/**
 * How one series is told apart from the others: colour, line style and marker, so that colour alone never
 * decides.
 */
export interface SeriesStyle {
  /** Index into the palette; a page's colour of it is the CSS variable `--series-<index>`. */
  readonly colour: number;
  /** SVG dash pattern, empty for a solid line. */
  readonly dash: string;
  readonly marker: Marker;
}

/** The shape of a series' head. */
export type Marker = "circle" | "square" | "triangle" | "diamond";

/**
 * Sixteen hues each, ordered so that neighbours differ; every one has a contrast of 3:1 or more on its
 * background.
 */
export const palette: Readonly<Record<"light" | "dark", readonly string[]>> = {
  light: [
    ..."#0b62c4 #d1322b #127a3c #8a3fc0 #c05f00 #0a7f84 #c4308c #7a5a12".split(" "),
    ..."#1f2a8c #5a7300 #96103d #56606b #a87a00 #1e8bc0 #e2506f #0a8f68".split(" "),
  ],
  dark: [
    ..."#5aa9ff #ff6b61 #4cd07d #c58bff #ffa63d #3fd6d8 #ff7ac8 #d9b26a".split(" "),
    ..."#9aa5ff #b6d63a #ff4f86 #b4bcc7 #ffd84a #84dcff #ffb3c4 #7dffcf".split(" "),
  ],
};

const dashes = ["", "7 3", "2 3", "9 3 2 3"] as const;
const markers: readonly Marker[] = ["circle", "square", "triangle", "diamond"];

/** The style of the series at an index: sixteen colours, and a new dash and marker after every eight. */
export function seriesStyle(index: number): SeriesStyle {
  const round = Math.floor(index / 8) % dashes.length;
  return {
    colour: index % palette.light.length,
    dash: dashes[round] ?? "",
    marker: markers[round] ?? "circle",
  };
}
