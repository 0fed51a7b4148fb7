import type { ChartColours, ChartSpec } from "../chart/lineChart.js";
import type { SeriesStyle } from "../chart/palette.js";
import type { NumberFormat } from "../text/format.js";
import type { Curve, SensitivityPoint } from "./data.js";

/** One entry as the charts draw it. */
export interface ChartedEntry {
  readonly label: string;
  readonly style: SeriesStyle;
  readonly loss: Curve;
  /** Absent where nothing is classified. */
  readonly accuracy?: Curve;
  readonly sensitivity: readonly SensitivityPoint[];
}

/** What the charts of a comparison are drawn from. */
export interface ComparisonPicture {
  readonly entries: readonly ChartedEntry[];
  readonly target: { readonly metric: string; readonly value: number; readonly label: string };
}

/** What a reader may choose. */
export interface CurveChoices {
  /** What curves run over. */
  readonly over: "steps" | "seconds";
  readonly logProgress: boolean;
  readonly logLoss: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly emphasis: string | undefined;
}

/** The charts of a comparison by name. */
export type ComparisonChart = "loss" | "accuracy" | "sensitivity";

/** The specification of one of the charts at a size. */
export type ComparisonCharts = (
  picture: ComparisonPicture,
  chart: ComparisonChart,
  choices: CurveChoices,
  width: number,
  height: number,
) => ChartSpec;

/**
 * Builds the charts of a comparison. Self-contained, so that a page's inline script can hold the same source.
 */
export function createComparisonCharts({
  colours,
  format,
}: {
  readonly colours: ChartColours;
  readonly format: NumberFormat;
}): ComparisonCharts {
  const sorted = (values: readonly number[]): readonly number[] =>
    values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const quantile = (values: readonly number[], share: number): number | undefined =>
    sorted(values)[Math.floor(share * (sorted(values).length - 1))];

  return (picture, chart, choices, width, height) => {
    const entries = picture.entries.filter((entry) => !choices.hidden.has(entry.label));
    const common = {
      width,
      height,
      colours,
      ...(choices.emphasis === undefined ? {} : { emphasis: choices.emphasis }),
    };
    const style = ({ label, style: { colour, dash } }: ChartedEntry) => ({
      label,
      colour: `var(--series-${colour})`,
      dash,
    });
    const target = { value: picture.target.value, label: picture.target.label };

    const titled = (title: string, rules: readonly { readonly value: number }[]): string =>
      [title, ...rules.map(({ value }) => `target ${format.number(value)}`)].join("; ");

    /** Room beside the outermost points, which would be cut in half on the edge. */
    const domainAround = (rates: readonly number[]): { readonly domain?: readonly [number, number] } => {
      const positive = sorted(rates.filter((rate) => rate > 0));
      const [low, high] = [positive[0], positive.at(-1)];
      return low === undefined || high === undefined ? {} : { domain: [low / 1.3, high * 1.3] };
    };

    if (chart === "sensitivity") {
      const series = entries
        .filter((entry) => entry.sensitivity.length > 0)
        .map((entry) => {
          const points = [...entry.sensitivity].sort((a, b) => a.learningRate - b.learningRate);
          return {
            ...style(entry),
            x: points.map((point) => point.learningRate),
            y: points.map((point) => point.best.value),
            band: {
              low: points.map((point) => point.best.low),
              high: points.map((point) => point.best.high),
            },
            dots: true,
          };
        });
      // Losses differ by orders of magnitude.
      const isLoss =
        picture.target.metric === "loss" &&
        series.every(({ y, band }) => [...y, ...band.low].every((value) => value > 0));
      return {
        ...common,
        title: `Best validation ${picture.target.metric} for every learning rate that was tried`,
        x: { label: "learning rate", scale: "log", ...domainAround(series.flatMap(({ x }) => x)) },
        y: { label: `best validation ${picture.target.metric}`, scale: isLoss ? "log" : "linear" },
        series,
        rules: [target],
      };
    }

    const curvesOf = (entry: ChartedEntry): readonly Curve[] => {
      const curve = chart === "loss" ? entry.loss : entry.accuracy;
      return curve === undefined ? [] : [curve];
    };
    const series = entries.flatMap((entry) =>
      curvesOf(entry).map((curve) => ({
        ...style(entry),
        x: curve[choices.over],
        y: curve.value,
        band: { low: curve.low, high: curve.high },
        dots: curve.steps.length === 1,
      })),
    );
    const targetHere = picture.target.metric === chart ? [target] : [];
    const x = {
      label: choices.over === "steps" ? "steps" : "CPU seconds",
      scale: choices.logProgress ? ("log" as const) : ("linear" as const),
    };
    const values = entries.flatMap((entry) => curvesOf(entry).flatMap((curve) => curve.value));
    if (chart === "loss") {
      // One run that explodes must not flatten the others: the axis ends a little above the median of the
      // runs' own maxima.
      const ceiling = quantile(
        entries.map((entry) => sorted(entry.loss.value).at(-1) ?? Number.NaN),
        0.5,
      );
      const floor = sorted([...values, ...targetHere.map(({ value }) => value)])[0];
      const domain =
        ceiling === undefined || floor === undefined || (choices.logLoss && floor <= 0)
          ? {}
          : {
              domain: [
                choices.logLoss ? floor * 0.97 : Math.min(floor, 0.95 * floor),
                1.15 * ceiling,
              ] as const,
            };
      return {
        ...common,
        title: titled(`Validation loss over ${x.label}`, targetHere),
        x,
        y: { label: "validation loss", scale: choices.logLoss ? "log" : "linear", ...domain },
        series,
        rules: targetHere,
      };
    }
    const floor = quantile(values, 0.1);
    const ceiling = sorted([...values, ...targetHere.map(({ value }) => value)]).at(-1);
    return {
      ...common,
      title: titled(`Validation accuracy over ${x.label}`, targetHere),
      x,
      y: {
        label: "validation accuracy",
        scale: "linear",
        ...(floor === undefined || ceiling === undefined
          ? {}
          : { domain: [floor - 0.15 * (ceiling - floor), ceiling + 0.08 * (ceiling - floor)] as const }),
      },
      series,
      rules: targetHere,
    };
  };
}
