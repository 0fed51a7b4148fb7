import { median, ratio } from "../harness.js";
import { gigabytes, microseconds, range, table } from "./format.js";

/** Times the least that its traffic takes at AdamW's rate of the same round. */
export const shareOf = ({ results, yardstickBytes }, bytes) => {
  const { median: middle, low, high } = ratio(results.get("ours"), results.get("adamw"));
  const scale = yardstickBytes / bytes;
  return { median: scale * middle, low: scale * low, high: scale * high };
};

/** The rules that every contestant has, on parameters of one size. */
export function rulesTable(elements, updates) {
  const present = (name) => updates.some(({ results }) => results.has(name));
  const others = ["torch", "torch foreach", "jax-js", "tfjs"].filter(present);
  return `### ${elements.toExponential(0)} parameters

${table(
  [
    "rule",
    "bytes a parameter",
    "ours µs",
    "unchecked µs",
    "unchecked GB/s",
    ...others.map((name) => `over ${name}`),
  ],
  updates.map(({ rule, bytes, results }) => {
    const ours = results.get("ours unchecked");
    return [
      rule,
      `${bytes}`,
      microseconds(median(results.get("ours").seconds)),
      microseconds(median(ours.seconds)),
      gigabytes(bytes * elements, ours),
      ...others.map((name) => (results.has(name) ? range(ratio(results.get(name), ours)) : "")),
    ];
  }),
)}`;
}

/** The other rules beside AdamW. */
export function elementwiseTable(rows) {
  return table(
    [
      "rule",
      "bytes a parameter",
      "µs",
      "times the least",
      "bytes, pass by pass",
      "times their least",
      "over torch",
      "over torch foreach",
    ],
    rows.map((row) => {
      const ours = row.results.get("ours");
      const twice = row.phases > row.bytes;
      return [
        row.label,
        `${row.bytes}`,
        microseconds(median(ours.seconds)),
        range(shareOf(row, row.bytes)),
        twice ? `${row.phases}` : "",
        twice ? range(shareOf(row, row.phases)) : "",
        ...["torch", "torch foreach"].map((name) =>
          row.results.has(name) ? range(ratio(row.results.get(name), ours)) : "",
        ),
      ];
    }),
  );
}
