/** Numbers as text, the same on a terminal, in a page and inside a page's own script. */
export interface NumberFormat {
  /**
   * A number with the given count of significant digits (4 by default) and no trailing zeros: integers below
   * 1e9 stay exact, magnitudes below 1e-4 or from 1e6 become `1.23e-7`, the rest plain decimals. `∞`, `-∞`
   * and `NaN` are spelled so.
   */
  number(value: number, significant?: number): string;
  /** An integer with thousands separated by commas: `79,510`. */
  count(value: number): string;
  /** How many of something: `1 step`, `2,000 steps`; the plural is the noun with an s. */
  counted(value: number, noun: string): string;
  /** A fraction of 1 as a percentage with the given decimals (1 by default): `88.4%`. */
  percent(fraction: number, decimals?: number): string;
  /** Bytes in decimal units, three significant digits: `512 B`, `79.5 kB`, `6.23 GB`. */
  bytes(value: number): string;
  /** A duration in seconds: `340 ms`, `2.5 s`, `3 min 05 s`. */
  seconds(value: number): string;
}

/** Builds the formatters. Self-contained, so that a page's inline script can hold the same source. */
export function createFormat(): NumberFormat {
  const tidyExponent = (text: string): string => text.replace(/\.?0*e\+?/, "e");
  const number = (value: number, significant = 4): string => {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
    const magnitude = Math.abs(value);
    if (value === 0) return "0";
    if (Number.isInteger(value) && magnitude < 1e9) return String(value);
    if (magnitude < 1e-4 || magnitude >= 1e6) return tidyExponent(value.toExponential(significant - 1));
    const wholeDigits = Math.floor(Math.log10(magnitude)) + 1;
    return String(Number(value.toPrecision(Math.max(significant, wholeDigits))));
  };
  const count = (value: number): string =>
    Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",") : number(value);
  const counted = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
  const percent = (fraction: number, decimals = 1): string =>
    Number.isFinite(fraction) ? `${(100 * fraction).toFixed(decimals)}%` : number(fraction);
  const bytes = (value: number): string => {
    const units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let scaled = value;
    let unit = 0;
    // What would be rounded up to 1000 is 1 of the next unit.
    while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return `${number(unit === 0 ? Math.round(scaled) : scaled, 3)} ${units[unit]}`;
  };
  const seconds = (value: number): string => {
    if (!Number.isFinite(value)) return number(value);
    if (value < 1) return `${number(1000 * value, 3)} ms`;
    if (value < 60) return `${number(value, 3)} s`;
    const whole = Math.round(value);
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  };
  return { number, count, counted, percent, bytes, seconds };
}

/** The formatters of this package. */
export const format: NumberFormat = createFormat();
