import type { ChartColours, ChartSpec } from "../chart/lineChart.js";
import { type SeriesStyle, seriesStyle } from "../chart/palette.js";
import type { ScoreData, ScoreEntry } from "./data.js";

/** A curve as the page holds it. */
interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The curves of one submission. */
export interface ScorePictureEntry {
  readonly label: string;
  readonly style: SeriesStyle;
  /** ρ(τ), a step at each of its ratios. */
  readonly profile: Curve & {
    readonly band: { readonly low: readonly number[]; readonly high: readonly number[] };
  };
  /** The score if profiles ended at τ. */
  readonly score: Curve;
}

/** All that the charts of a score's page show. */
export interface ScorePicture {
  readonly tauMax: number;
  readonly entries: readonly ScorePictureEntry[];
}

/** The charts that there are. */
export type ScoreChart = "profile" | "score";

/** What a reader has chosen. */
export interface ScoreChartChoices {
  /** Whether every band is drawn, or only that of the submission pointed at, else of the leader. */
  readonly allBands: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly emphasis: string | undefined;
}

/** The specification of one chart at a size. */
export type ScoreCharts = (
  picture: ScorePicture,
  chart: ScoreChart,
  choices: ScoreChartChoices,
  width: number,
  height: number,
) => ChartSpec;

/** Digits that a chart can show, with some to spare. */
const rounded = (value: number): number => Number(value.toPrecision(6));

/** The profile as a line with two points at each step, its band with it. */
function profileOf({ ratios, band }: ScoreEntry, taus: readonly number[]): ScorePictureEntry["profile"] {
  const end = taus.at(-1) ?? 1;
  const jumps = ratios.filter((ratio) => ratio <= end);
  const places = [...new Set([...taus, ...jumps])].toSorted((a, b) => a - b);
  const x: number[] = [];
  const curves = { y: [] as number[], low: [] as number[], high: [] as number[] };
  let before: readonly [number, number, number] | undefined;
  let grid = 0;
  for (const place of places) {
    while ((taus[grid + 1] ?? Number.POSITIVE_INFINITY) <= place) grid++;
    const solved = jumps.filter((ratio) => ratio <= place).length / ratios.length;
    const here: readonly [number, number, number] = [solved, band.low[grid] ?? 0, band.high[grid] ?? 1];
    const add = (at: number, [y, low, high]: readonly [number, number, number]): void => {
      x.push(rounded(at));
      curves.y.push(rounded(y));
      curves.low.push(rounded(low));
      curves.high.push(rounded(high));
    };
    const last = place === end;
    if (before !== undefined && (last || here.some((value, index) => value !== before?.[index])))
      add(place, before);
    if (before === undefined || last || here.some((value, index) => value !== before?.[index]))
      add(place, here);
    before = here;
  }
  return { x, y: curves.y, band: { low: curves.low, high: curves.high } };
}

/** What a page draws of a score. */
export const scorePicture = ({ submissions, taus, tauMax }: ScoreData): ScorePicture => ({
  tauMax,
  entries: submissions.map((entry, index) => ({
    label: entry.name,
    style: seriesStyle(index),
    profile: profileOf(entry, taus),
    score: { x: taus.map(rounded), y: entry.scoreByTauMax.map(rounded) },
  })),
});

/** Builds the charts of a score. Self-contained, so that a page's inline script can hold the same source. */
export function createScoreCharts({ colours }: { readonly colours: ChartColours }): ScoreCharts {
  return ({ entries, tauMax }, chart, { allBands, hidden, emphasis }, width, height) => {
    const shown = entries.filter(({ label }) => !hidden.has(label));
    const banded = emphasis ?? shown[0]?.label;
    const highest = Math.max(0.1, ...shown.flatMap(({ score }) => score.y));
    return {
      title: chart === "profile" ? "Performance profiles" : "Score as a function of where profiles end",
      width,
      height,
      colours,
      x: {
        label: chart === "profile" ? "τ: times the fastest" : "τmax: where the profiles end",
        scale: "linear",
        domain: [1, tauMax],
      },
      y:
        chart === "profile"
          ? { label: "share of workloads solved", scale: "linear", domain: [0, 1.02] }
          : { label: "score", scale: "linear", domain: [0, highest * 1.04] },
      series: shown.map(({ label, style, profile, score }) => ({
        label,
        colour: `var(--series-${style.colour})`,
        dash: style.dash,
        ...(chart === "score"
          ? score
          : {
              x: profile.x,
              y: profile.y,
              ...(allBands || label === banded ? { band: profile.band } : {}),
            }),
      })),
      ...(emphasis === undefined ? {} : { emphasis }),
    };
  };
}
