import { inkOn } from "./contrast.js";
import { palette } from "./palette.js";

/** The themes that there are. */
export type ThemeName = "light" | "dark";

/**
 * The colours of a page or picture, by use. All text has a contrast of 4.5:1 or more on `page` and on
 * `surface`.
 */
export interface Theme {
  readonly page: string;
  readonly surface: string;
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly line: string;
  /** Targets and thresholds. */
  readonly accent: string;
  readonly focus: string;
  readonly soft: string;
  readonly warn: string;
  readonly "warn-ink": string;
  /** The contours from the lowest region to the highest, and their lines. */
  readonly "field-low": string;
  readonly "field-high": string;
  readonly "field-line": string;
}

/** The colours of each theme. */
export const themes: Readonly<Record<ThemeName, Theme>> = {
  light: {
    page: "#f6f7f9",
    surface: "#ffffff",
    ink: "#14202e",
    muted: "#55616f",
    grid: "#e3e8ee",
    line: "#d5dce4",
    accent: "#b3261e",
    focus: "#0b62c4",
    soft: "#eaf1fa",
    warn: "#fff3d6",
    "warn-ink": "#5b3d00",
    "field-low": "#a3c4e6",
    "field-high": "#fbfcfe",
    "field-line": "#3f6d9a",
  },
  dark: {
    page: "#0c1117",
    surface: "#131a22",
    ink: "#e8edf3",
    muted: "#9aa7b5",
    grid: "#222c37",
    line: "#2a3541",
    accent: "#ff8a80",
    focus: "#7ab8ff",
    soft: "#1a2735",
    warn: "#3a2c0b",
    "warn-ink": "#ffe2a1",
    "field-low": "#1f4f7a",
    "field-high": "#0e141b",
    "field-line": "#8cc0f0",
  },
};

/** A theme as declarations of CSS variables, the series' colours and the text colours on them included. */
export const themeDeclarations = (name: ThemeName): string =>
  [
    `color-scheme:${name}`,
    ...Object.entries(themes[name]).map(([use, colour]) => `--${use}:${colour}`),
    ...palette[name].flatMap((colour, index) => [
      `--series-${index}:${colour}`,
      `--on-series-${index}:${inkOn(colour)}`,
    ]),
  ].join(";");
