import {
  type CheckpointReading,
  checkpointReadings,
  fitVerdict,
  type LargestThatFits,
  largestThatFits,
  type MemoryChange,
  type MemoryPlan,
  memoryChanges,
  methods,
  modelStateBytes,
  type PlanOptions,
} from "@steepest/memory";
import { formatOptimizerSpec } from "@steepest/optim";
import { format, type TextCell, type TextTableOptions, textTable, wrap } from "@steepest/report";
import { underEveryOptimizer } from "./json.js";

/** How a plan is printed. */
export interface PlanTextOptions extends TextTableOptions {
  readonly width: number;
  /** Whether to list the same run under every optimizer. */
  readonly optimizers: boolean;
}

/** Changes that are worth a line. */
const mostChanges = 6;

/** A plan for a terminal: terms, verdict, what frees most, what would just fit. */
export function planText(plan: MemoryPlan, asked: PlanOptions, options: PlanTextOptions): string {
  const changes = memoryChanges(plan);
  const paragraphs = [
    headline(plan),
    termTable(plan, options),
    [
      `Model states: ${format.bytes(modelStateBytes(plan))}.`,
      readingsText(checkpointReadings(plan)),
      ...plan.notes,
    ]
      .filter((sentence) => sentence !== "")
      .join(" "),
    verdictText(plan, changes),
    changeTable(changes.slice(0, mostChanges), options),
    plan.settings.device === undefined ? "" : largestText(plan, largestThatFits(plan, asked)),
    options.optimizers ? optimizerTable(plan, options) : "",
  ];
  return paragraphs
    .filter((paragraph) => paragraph !== "")
    .map((paragraph) => (paragraph.includes("\n") ? paragraph : wrap(paragraph, options.width)))
    .join("\n\n");
}

/** What is planned, in one sentence. */
export function headline({ model, parameters, settings }: MemoryPlan): string {
  const { optimizer, rest, precision, batch, sequence, accumulate, checkpoint, attention } = settings;
  const { parallelism, method } = settings;
  const isTransformer = model.architecture.kind === "transformer";
  const parts = [
    `${model.name}: ${format.counted(Math.round(parameters), "parameter")}`,
    formatOptimizerSpec(optimizer) + (rest === undefined ? "" : ` (the rest: ${formatOptimizerSpec(rest)})`),
    precision.name,
    `batch ${format.count(batch)}${accumulate === 1 ? "" : ` in ${accumulate} parts`}`,
    ...(isTransformer ? [`sequences of ${format.count(sequence)}`, `${attention} attention`] : []),
    ...(checkpoint.kind === "none" ? [] : [`checkpointing ${checkpointText(checkpoint)}`]),
    ...(parallelism.devices === 1
      ? []
      : [
          `${parallelism.devices} devices (data ${parallelism.data}, ZeRO-${parallelism.zero}, tensor ${parallelism.tensor}, pipeline ${parallelism.pipeline})`,
        ]),
  ];
  return `${parts.join(", ")}. Method ${method}: ${methods[method].summary}.`;
}

const checkpointText = (checkpoint: MemoryPlan["settings"]["checkpoint"]): string =>
  checkpoint.kind === "every" ? `every ${checkpoint.layers} layers` : checkpoint.kind;

function termTable({ terms, totalBytes, low, high }: MemoryPlan, options: TextTableOptions): string {
  const range = (from: number, to: number) =>
    from === to ? "exact" : `${format.bytes(from)} to ${format.bytes(to)}`;
  return textTable(
    [
      { title: "term" },
      { title: "memory", align: "right" },
      { title: "range" },
      { title: "formula", shrinks: true },
      { title: "source", shrinks: true },
    ],
    [
      ...terms.map(({ name, bytes, low: from, high: to, formula, source }) => [
        name,
        format.bytes(bytes),
        { text: range(from, to), tone: "quiet" as const },
        formula,
        { text: source, tone: "quiet" as const },
      ]),
      [
        { text: "total", tone: "strong" as const },
        { text: format.bytes(totalBytes), tone: "strong" as const },
        range(low, high),
        "",
        "",
      ],
    ],
    options,
  );
}

const readingNames: Readonly<Record<CheckpointReading["kind"], string>> = {
  none: "without checkpointing",
  selective: "with attention's scores recomputed",
  full: "with every layer recomputed",
  sqrt: "by the reading /√L",
  half: "by the reading of half",
  every: "with every k-th layer kept",
};

/** Activations under every kind of checkpointing. */
export function readingsText(readings: readonly CheckpointReading[]): string {
  if (readings.every(({ activationBytes }) => activationBytes === 0)) return "";
  const said = readings.map(
    ({ kind, activationBytes, isChosen }) =>
      `${format.bytes(activationBytes)} ${readingNames[kind]}${isChosen && readings.length > 1 ? " (as planned)" : ""}`,
  );
  return `Activations: ${said.join(", ")}.`;
}

/** Whether it fits, by how much, and what would help. */
export function verdictText(plan: MemoryPlan, changes: readonly MemoryChange[]): string {
  const verdict = fitVerdict(plan, changes);
  const { device } = plan.settings;
  if (verdict === undefined || device === undefined)
    return `Needs ${format.bytes(plan.totalBytes)}; at worst ${format.bytes(plan.high)}. Give --device SIZE for what fits.`;
  const memory = format.bytes(device);
  switch (verdict.kind) {
    case "fits":
      return `Fits in ${memory}, with ${format.bytes(verdict.spareBytes)} to spare.`;
    case "tight":
      return `Fits in ${memory} as expected, with ${format.bytes(verdict.spareBytes)} to spare, but not at worst: the ranges add up to ${format.bytes(verdict.highBytes)}.`;
    case "short": {
      const { remedy } = verdict;
      const help =
        remedy === undefined
          ? "no single change would free anything"
          : `${remedy.name} would free ${format.bytes(remedy.freedBytes)} (${remedy.flags})${remedy.fits === true ? " and make it fit" : ", which is not enough"}`;
      return `Does not fit in ${memory}: short by ${format.bytes(verdict.shortBytes)}; ${help}.`;
    }
  }
}

function changeTable(changes: readonly MemoryChange[], options: TextTableOptions): string {
  if (changes.length === 0) return "";
  return textTable(
    [
      { title: "one change", shrinks: true },
      { title: "frees", align: "right" },
      { title: "total", align: "right" },
      ...fitColumn(changes),
      { title: "options" },
    ],
    changes.map(({ name, freedBytes, totalBytes, fits, flags }) => [
      name,
      format.bytes(freedBytes),
      format.bytes(totalBytes),
      ...fitCell(fits),
      flags,
    ]),
    options,
  );
}

type Fitting = { readonly fits: boolean | undefined };

/** The column of what fits, where there is a device. */
const fitColumn = (rows: readonly Fitting[]) =>
  rows.some(({ fits }) => fits !== undefined) ? [{ title: "fits" }] : [];

const fitCell = (fits: boolean | undefined): readonly TextCell[] =>
  fits === undefined ? [] : [fits ? { text: "yes", tone: "good" } : { text: "no", tone: "bad" }];

/** What would just fit. */
export function largestText({ model }: MemoryPlan, largest: LargestThatFits): string {
  const { batch, sequence, layers, model: known } = largest;
  const said = [
    batch === undefined ? "not even a batch of one" : `a batch of ${format.count(batch)}`,
    ...(sequence === undefined ? [] : [`sequences of ${format.count(sequence)}`]),
    ...(layers === undefined ? [] : [`${format.counted(layers, "layer")} like those of ${model.name}`]),
    known === undefined ? "no model known by name" : `the model ${known}`,
  ];
  return `What would just fit, all else as it is: ${said.join(", ")}.`;
}

function optimizerTable(plan: MemoryPlan, options: TextTableOptions): string {
  const rows = underEveryOptimizer(plan);
  return textTable(
    [
      { title: "optimizer" },
      { title: "state", align: "right" },
      { title: "total", align: "right" },
      ...fitColumn(rows),
    ],
    rows.map(({ optimizer, stateBytes, totalBytes, fits }) => [
      optimizer,
      format.bytes(stateBytes),
      format.bytes(totalBytes),
      ...fitCell(fits),
    ]),
    options,
  );
}
