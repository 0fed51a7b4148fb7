import {
  type Checkpointing,
  type MeasuredSetting,
  type MemoryMeasurement,
  measuredSetting,
  measureMemory,
} from "@steepest/memory";
import { type OptimizerSpec, SteepestError } from "@steepest/optim";
import { format, type TextTableOptions, textTable, wrap } from "@steepest/report";

/** What of the command line a measurement understands. */
export interface MeasureArguments {
  readonly measure: string;
  readonly optimizer?: OptimizerSpec;
  readonly batch?: number;
  readonly seq?: number;
  readonly accumulate?: number;
  readonly checkpoint?: Checkpointing | true;
  readonly threads?: number;
  readonly steps?: number;
}

/**
 * Measures what a few steps take.
 * @throws SteepestError `invalid-value` for a reading of checkpointing that this engine does not carry out
 */
export const runMeasure = (
  { measure, batch, seq, checkpoint, ...options }: MeasureArguments,
  signal: AbortSignal,
): Promise<MemoryMeasurement> =>
  measureMemory(
    measuredSetting({
      ...options,
      workload: measure,
      ...(batch === undefined ? {} : { batchSize: batch }),
      ...(seq === undefined ? {} : { context: seq }),
      checkpointing: checkpointingOf(checkpoint),
    }),
    { signal },
  );

function checkpointingOf(checkpoint: MeasureArguments["checkpoint"]): MeasuredSetting["checkpointing"] {
  if (checkpoint === undefined) return "none";
  if (checkpoint === true) return "full";
  switch (checkpoint.kind) {
    case "none":
    case "full":
      return checkpoint.kind;
    case "every":
      return { every: checkpoint.layers };
    default:
      throw new SteepestError(
        "invalid-value",
        `--checkpoint ${checkpoint.kind} is a reading of formulas: this engine computes whole blocks again`,
        "Measure with --checkpoint full, or every=4 for every fourth block",
      );
  }
}

/** A measurement for a terminal: what was predicted beside what was there. */
export function measurementText(
  measurement: MemoryMeasurement,
  options: TextTableOptions & { readonly width: number },
): string {
  const { rows, terms, measured } = measurement;
  const table = textTable(
    [
      { title: "memory", shrinks: true },
      { title: "predicted", align: "right" },
      { title: "measured", align: "right" },
      { title: "error", align: "right" },
    ],
    rows.map(({ name, exact, predictedBytes, measuredBytes, error }) => [
      name,
      bytesText(predictedBytes, exact),
      measuredBytes === undefined ? "not known" : bytesText(measuredBytes, exact),
      errorText(exact, predictedBytes === measuredBytes, error),
    ]),
    options,
  );
  const parts = textTable(
    [
      { title: "term" },
      { title: "predicted", align: "right" },
      { title: "formula", shrinks: true },
      { title: "source", shrinks: true },
    ],
    terms.map(({ name, bytes, formula, source }) => [
      name,
      format.bytes(bytes),
      formula,
      { text: source, tone: "quiet" as const },
    ]),
    options,
  );
  const notes = [
    `The empty process took ${format.bytes(measured.emptyBytes)}; while the data were loaded it took up to ${format.bytes(measured.loadingPeakBytes)} more.`,
    "Young objects of JavaScript have 1 MB in the measured process, but up to 48 MB with Node's defaults.",
    ...(measured.resettable
      ? []
      : ["This system does not let a process forget its peak, so that its phases are not known one by one."]),
  ].join(" ");
  return [headline(measurement), table, parts].join("\n\n").concat("\n\n", wrap(notes, options.width));
}

/** What was trained, in one sentence. */
function headline({ setting, parameterCount, source }: MemoryMeasurement): string {
  const { optimizer, batchSize, accumulate, checkpointing, steps, threads } = setting;
  const parts = [
    `${workloadText(setting)}: ${format.counted(parameterCount, "parameter")}`,
    optimizer,
    `batch ${format.count(batchSize)}${accumulate === 1 ? "" : ` in ${accumulate} parts`}`,
    ...(checkpointing === "none"
      ? []
      : [
          `checkpointing ${checkpointing === "full" ? "every block" : `every ${checkpointing.every} blocks`}`,
        ]),
    format.counted(threads, "thread"),
  ];
  return `${parts.join(", ")}. ${source}.\nOne gradient, then ${format.counted(steps, "step")}, in a process of its own.`;
}

function workloadText({ workload }: MeasuredSetting): string {
  if (workload.kind === "registered") return workload.name;
  const { layers, heads, width, context, vocabulary } = workload;
  return `GPT ${layers} x ${width} (${format.counted(heads, "head")}, context ${context}, vocabulary ${vocabulary})`;
}

const bytesText = (bytes: number, exact: boolean): string =>
  exact ? `${format.count(bytes)} B` : format.bytes(bytes);

function errorText(exact: boolean, equal: boolean, error: number | undefined) {
  if (exact && equal) return { text: "exact", tone: "good" as const };
  if (error === undefined) return "";
  return `${error < 0 ? "" : "+"}${format.percent(error)}`;
}

/** A measurement as one JSON object. */
export const measurementJson = ({ rows, terms, ...rest }: MemoryMeasurement) => ({
  ...rest,
  terms: terms.map(({ part: _, ...term }) => term),
  rows,
});
