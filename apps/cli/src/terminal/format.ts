const thousands = new Intl.NumberFormat("en-US");

/** A whole number with its thousands marked: `79,510`. */
export const formatCount = (count: number): string => thousands.format(count);

/**
 * A quantity to a few significant digits, in exponent form where it is very small or very large: `0.4127`, `1.2e-8`, `inf`,
 * `nan`.
 */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  const plain = value === 0 || (size >= 1e-4 && size < 1e6);
  return plain
    ? String(Number(value.toPrecision(digits)))
    : value
        .toExponential(digits - 1)
        .replace(/\.?0+e/, "e")
        .replace("e+", "e");
}

/** A fraction in per cent with two decimals: `88.12 %`. */
export const formatPercent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;

/** A time in seconds, in the units a person would say: `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
