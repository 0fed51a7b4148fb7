import type { NumberFormat } from "../text/format.js";

/** A labelled value of an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** A map from values to the unit interval along an axis. */
export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: readonly [number, number];
  /**
   * Where a value lies, 0 at the low end and 1 at the high end, possibly outside; NaN where the value has no
   * place.
   */
  position(value: number): number;
  /** The value at a position. */
  invert(position: number): number;
  /** About `count` round values inside the domain, ascending. */
  ticks(count: number): readonly Tick[];
}

/** How an axis spaces its values. */
export type ScaleKind = "linear" | "log";

/** The scales as {@link createScales} builds them. */
export interface Scales {
  /** A scale over a domain; a domain of no extent is widened. A logarithmic one needs positive ends. */
  scale(kind: ScaleKind, domain: readonly [number, number]): Scale;
  /** The extent of the values that a scale can show, or `fallback` where there are none. */
  extent(
    kind: ScaleKind,
    values: Iterable<number>,
    fallback: readonly [number, number],
  ): readonly [number, number];
}

/** Builds the scales. Self-contained, so that a page's inline script can hold the same source. */
export function createScales({ format }: { readonly format: NumberFormat }): Scales {
  const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const powerOfTen = (exponent: number): string => {
    if (exponent >= -2 && exponent <= 3) return String(Number(`1e${exponent}`));
    const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => superscripts[Number(digit)] ?? digit);
    return `10${exponent < 0 ? "⁻" : ""}${digits}`;
  };

  const linearTicks = ([low, high]: readonly [number, number], count: number): readonly Tick[] => {
    const rough = (high - low) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5, 10].find((multiple) => multiple * power >= rough * 0.999) ?? 10) * power;
    const first = Math.ceil(low / step - 1e-9);
    const ticks: Tick[] = [];
    // Counted from the first, so that the loop ends also where an index is too large to count on.
    for (let i = 0; i <= 2 * count + 2 && (first + i) * step <= high + step * 1e-9; i++) {
      // Ten digits hide the rounding of a multiple of the step, e.g. 3 · 0.1.
      const value = Number(((first + i) * step).toPrecision(10));
      ticks.push({ value, label: format.number(value) });
    }
    return ticks;
  };

  const logTicks = ([low, high]: readonly [number, number], count: number): readonly Tick[] => {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const decades = last - first + 1;
    const multiples = decades >= 3 ? [1] : decades >= 2 ? [1, 3] : [1, 2, 3, 5, 7];
    const stride = Math.max(1, Math.ceil(decades / Math.max(1, count)));
    const ticks: Tick[] = [];
    for (let exponent = Math.floor(Math.log10(low)); exponent <= last; exponent++) {
      if (stride > 1 && (exponent - last) % stride !== 0) continue;
      for (const multiple of multiples) {
        const value = Number(`${multiple}e${exponent}`);
        if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
        ticks.push({ value, label: multiple === 1 ? powerOfTen(exponent) : format.number(value) });
      }
    }
    return ticks;
  };

  const scale = (kind: ScaleKind, domain: readonly [number, number]): Scale => {
    const [low, high] = domain;
    if (kind === "linear") {
      const margin = high > low ? 0 : Math.abs(low) * 0.1 || 1;
      const ends = [low - margin, high + margin] as const;
      const width = ends[1] - ends[0];
      return {
        kind,
        domain: ends,
        position: (value) => (Number.isFinite(value) ? (value - ends[0]) / width : Number.NaN),
        invert: (position) => ends[0] + position * width,
        ticks: (count) => linearTicks(ends, count),
      };
    }
    const factor = high > low ? 1 : 3;
    const ends = [low / factor, high * factor] as const;
    const start = Math.log10(ends[0]);
    const width = Math.log10(ends[1]) - start;
    return {
      kind,
      domain: ends,
      // Zero and below lie at the foot: a gap that has become exactly zero is still drawn.
      position: (value) =>
        Number.isFinite(value)
          ? value > 0
            ? Math.max(-1, (Math.log10(value) - start) / width)
            : 0
          : Number.NaN,
      invert: (position) => 10 ** (start + position * width),
      ticks: (count) => logTicks(ends, count),
    };
  };

  const extent = (
    kind: ScaleKind,
    values: Iterable<number>,
    fallback: readonly [number, number],
  ): readonly [number, number] => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const value of values) {
      if (!Number.isFinite(value) || (kind === "log" && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return low <= high ? [low, high] : fallback;
  };

  return { scale, extent };
}
