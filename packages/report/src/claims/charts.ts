import { scales } from "../chart/charts.js";
import { decimate } from "../chart/decimate.js";
import type { ChartAxis, ChartColours, ChartSpec } from "../chart/lineChart.js";
import { type SeriesStyle, seriesStyle } from "../chart/palette.js";
import type { ClaimAxis, ClaimChart, ClaimReport, ClaimSeries } from "./data.js";

/** A line as a page holds it: few enough points, few enough digits. */
interface PictureSeries {
  readonly label: string;
  readonly style: SeriesStyle;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
  readonly dots: boolean;
}

/** A chart as a page holds it. */
export interface PictureChart {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly PictureSeries[];
  readonly rules: readonly { readonly value: number; readonly label: string }[];
}

/** The charts of one claim with their common legend. */
export interface ClaimPicture {
  readonly name: string;
  readonly legend: readonly { readonly label: string; readonly style: SeriesStyle }[];
  readonly charts: readonly PictureChart[];
}

/** What a reader points at and has switched off. */
export interface ClaimChartChoices {
  readonly hidden: ReadonlySet<string>;
  readonly emphasis: string | undefined;
}

/** The specification of one chart at a size. */
export type ClaimCharts = (
  chart: PictureChart,
  choices: ClaimChartChoices,
  width: number,
  height: number,
) => ChartSpec;

/** Points of a line in a page: more than a screen has columns for it. */
const mostPoints = 600;

/** Digits that a chart can show, with some to spare. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(6)) : value);

/**
 * Where the axis begins and ends: a little beyond the outermost values, so that neither dots nor lines are
 * cut at the edge.
 */
function axisOf({ label, log, domain }: ClaimAxis, values: readonly number[], room: number): ChartAxis {
  const kind = log === true ? "log" : "linear";
  if (domain !== undefined) return { label, scale: kind, domain };
  const [low, high] = scales.extent(kind, values, kind === "log" ? [1, 10] : [0, 1]);
  if (!(high > low)) return { label, scale: kind };
  const { invert } = scales.scale(kind, [low, high]);
  return { label, scale: kind, domain: [invert(-room), invert(1 + room)] };
}

function pictureSeries(
  { name, x, y, band, dots = false }: ClaimSeries,
  style: SeriesStyle,
  axes: { readonly x: ChartAxis; readonly y: ChartAxis },
): PictureSeries {
  const channel = (values: ArrayLike<number>, { scale, domain }: ChartAxis): readonly number[] => {
    const { position } = scales.scale(scale, domain ?? [1, 10]);
    return Array.from(values, (value) => {
      const place = position(value);
      return Number.isFinite(place) ? place : 0;
    });
  };
  const channels = [
    channel(x, axes.x),
    ...[y, ...(band === undefined ? [] : [band.low, band.high])].map((values) => channel(values, axes.y)),
  ];
  const kept = decimate(channels, x.length, mostPoints);
  const pick = (values: ArrayLike<number>): readonly number[] =>
    kept.map((index) => rounded(values[index] ?? Number.NaN));
  return {
    label: name,
    style,
    x: pick(x),
    y: pick(y),
    ...(band === undefined ? {} : { band: { low: pick(band.low), high: pick(band.high) } }),
    dots,
  };
}

function pictureChart(chart: ClaimChart, styles: ReadonlyMap<string, SeriesStyle>): PictureChart {
  const { series, rules = [] } = chart;
  const heights = series.flatMap(({ y, band }) => [
    ...Array.from(y),
    ...(band === undefined ? [] : [...Array.from(band.low), ...Array.from(band.high)]),
  ]);
  const dotted = series.some(({ dots }) => dots === true);
  const axes = {
    x: axisOf(
      chart.x,
      series.flatMap(({ x }) => Array.from(x)),
      dotted ? 0.03 : 0,
    ),
    y: axisOf(chart.y, [...heights, ...rules.map(({ value }) => value)], 0.04),
  };
  return {
    title: chart.title,
    ...axes,
    series: series.map((line) => pictureSeries(line, styles.get(line.name) ?? seriesStyle(0), axes)),
    rules,
  };
}

/** What a page draws of a claim: one style for each name of a series. */
export function claimPicture(report: Pick<ClaimReport, "name" | "charts">): ClaimPicture {
  const names = [...new Set(report.charts.flatMap((chart) => chart.series.map(({ name }) => name)))];
  const styles = new Map(names.map((name, index) => [name, seriesStyle(index)]));
  return {
    name: report.name,
    legend: [...styles].map(([label, style]) => ({ label, style })),
    charts: report.charts.map((chart) => pictureChart(chart, styles)),
  };
}

/** Builds the charts of claims. Self-contained, so that a page's inline script can hold the same source. */
export function createClaimCharts({ colours }: { readonly colours: ChartColours }): ClaimCharts {
  return (chart, { hidden, emphasis }, width, height) => ({
    title: chart.title,
    width,
    height,
    colours,
    x: chart.x,
    y: chart.y,
    rules: chart.rules,
    series: chart.series
      .filter(({ label }) => !hidden.has(label))
      .map(({ style, ...line }) => ({ ...line, colour: `var(--series-${style.colour})`, dash: style.dash })),
    ...(emphasis === undefined || !chart.series.some(({ label }) => label === emphasis) ? {} : { emphasis }),
  });
}
