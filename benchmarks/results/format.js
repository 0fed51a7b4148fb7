import { median } from "../harness.js";

/** A number to three digits. */
export const significant = (value) => {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toPrecision(3);
};

/** A median with its range. */
export const range = ({ median: middle, low, high }) =>
  `${significant(middle)} (${significant(low)}-${significant(high)})`;

/** Median and range of the rounds of one contestant. */
export const spread = (values) => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

export const microseconds = (seconds) => significant(seconds * 1e6);

/** The rate of so many bytes in each round. */
export const gigabytes = (bytes, { seconds }) => range(spread(seconds.map((value) => bytes / value / 1e9)));

/** Tokens a second of each round. */
export const tokenRate = (tokens, { seconds }) => spread(seconds.map((value) => tokens / value));

/** A table in Markdown: the first column of words, the others of figures. */
export function table(titles, rows) {
  return [
    `| ${titles.join(" | ")} |`,
    `| ${titles.map((_, i) => (i === 0 ? "---" : "---:")).join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}
