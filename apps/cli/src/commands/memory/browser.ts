import { type BrowserMeasurement, loadMeasured, measuredSetting, measureInBrowser } from "@steepest/memory";
import { format, type TextTableOptions, textTable } from "@steepest/report";
import type { MeasureArguments } from "./measure.js";

/** Measures what a workload's optimizer takes in a page of a browser. */
export async function runBrowserMeasure(
  { measure, seq, optimizer }: MeasureArguments,
  signal: AbortSignal,
): Promise<BrowserMeasurement> {
  const setting = measuredSetting({
    workload: measure,
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(seq === undefined ? {} : { context: seq }),
  });
  const { parameters } = await loadMeasured(setting.workload);
  const specs = parameters.map(({ name, shape, role }) => ({ name, shape, role }));
  return measureInBrowser({ optimizer: setting.optimizer, parameters: specs }, { signal });
}

/** A browser's measurement for a terminal. */
export function browserText(
  { optimizer, browser, rows }: BrowserMeasurement,
  options: TextTableOptions,
): string {
  const table = textTable(
    [
      { title: "memory", shrinks: true },
      { title: "planned", align: "right" },
      { title: "measured", align: "right" },
      { title: "error", align: "right" },
    ],
    rows.map(({ name, predictedBytes, measuredBytes }) => [
      name,
      `${format.count(predictedBytes)} B`,
      `${format.count(measuredBytes)} B`,
      predictedBytes === measuredBytes
        ? { text: "exact", tone: "good" as const }
        : `${format.count(predictedBytes - measuredBytes)} B`,
    ]),
    options,
  );
  return `${optimizer} in ${browser}, after one step.\n\n${table}`;
}
