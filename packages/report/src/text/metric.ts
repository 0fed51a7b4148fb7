import { format } from "./format.js";

/** A value of a metric for people: an accuracy as a percentage, anything else as a number. */
export const metricText = (metric: string, value: number): string =>
  metric === "accuracy" ? format.percent(value, 2) : format.number(value);
