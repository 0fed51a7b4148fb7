import {
  checkpointReadings,
  largestThatFits,
  type MemoryPlan,
  type MemoryTerm,
  memoryChanges,
  type PlanOptions,
} from "@steepest/memory";
import { format, type MemoryReport, type StackedBar, type StackedBars } from "@steepest/report";
import { underEveryOptimizer } from "./json.js";
import { headline, largestText, readingsText, verdictText } from "./text.js";

/** A plan as the page and the picture show it. */
export function memoryReport(plan: MemoryPlan, asked: PlanOptions, command: string): MemoryReport {
  const changes = memoryChanges(plan);
  const { model, terms, totalBytes, low, high, settings, notes } = plan;
  const bars = [
    { label: "as planned", terms, range: { low, high } },
    ...changes.map(({ name, terms: changed }) => ({ label: name, terms: changed })),
  ];
  return {
    title: `${model.name} under ${settings.optimizer.name}`,
    lead: headline(plan),
    findings: [
      verdictText(plan, changes),
      readingsText(checkpointReadings(plan)),
      ...(settings.device === undefined ? [] : [largestText(plan, largestThatFits(plan, asked))]),
      ...notes,
    ].filter((sentence) => sentence !== ""),
    chart: stackedBars("Memory of the run, and with one change", settings.device, bars, slotSegment(terms)),
    optimizers: stackedBars(
      "The same run under every optimizer",
      settings.device,
      underEveryOptimizer(plan).map(({ optimizer, terms: own }) => ({ label: optimizer, terms: own })),
      (term) => (term.category === "state" ? "optimizer state" : segmentOf(term)),
    ),
    ...{ terms, changes, command },
    total: { bytes: totalBytes, low, high },
  };
}

/** More slots than these are one part of a bar. */
const mostSlots = 3;

/** The part of a bar that a term belongs to: all activations are one. */
const segmentOf = ({ category, name }: MemoryTerm): string =>
  category === "activations" ? "activations" : name;

/** The same, slot by slot of the optimizer's state where there are few. */
function slotSegment(terms: readonly MemoryTerm[]): (term: MemoryTerm) => string {
  const slots = terms.filter(({ category }) => category === "state").map(({ name }) => name);
  const own = slots.length > mostSlots ? [] : slots;
  return (term) =>
    term.category === "state" && !own.includes(term.name) ? "optimizer state" : segmentOf(term);
}

/** The order of the parts of a bar. */
const categories = [
  ...(["parameters", "gradients", "masterWeights", "state", "activations", "logits"] as const),
  ...(["temporary", "communication", "data", "fragmentation", "context"] as const),
] satisfies readonly MemoryTerm["category"][];
const rank = ({ category }: MemoryTerm): number => categories.indexOf(category);

interface Bar extends Omit<StackedBar, "values"> {
  readonly terms: readonly MemoryTerm[];
}

function stackedBars(
  title: string,
  device: number | undefined,
  bars: readonly Bar[],
  partOf: (term: MemoryTerm) => string,
): StackedBars {
  const filled = bars.flatMap(({ terms }) => terms.filter(({ bytes }) => bytes > 0));
  const ranked = filled.toSorted((a, b) => rank(a) - rank(b));
  const parts = [...new Set(ranked.map(partOf))];
  const longest = Math.max(...bars.map(({ terms }) => terms.reduce((sum, { bytes }) => sum + bytes, 0)));
  return {
    title,
    unit: unitOf(longest),
    segments: parts.map((label) => ({ label })),
    bars: bars.map(({ terms, ...bar }) => ({
      ...bar,
      values: parts.map((part) =>
        terms.reduce((sum, term) => (partOf(term) === part ? sum + term.bytes : sum), 0),
      ),
    })),
    ...(device === undefined
      ? {}
      : { limit: { value: device, label: `${format.bytes(device)} of the device` } }),
  };
}

/** The largest decimal unit of which there is one at least. */
function unitOf(bytes: number): StackedBars["unit"] {
  const units = [
    { label: "TB", size: 1e12 },
    { label: "GB", size: 1e9 },
    { label: "MB", size: 1e6 },
    { label: "kB", size: 1e3 },
  ];
  return units.find(({ size }) => bytes >= size) ?? { label: "B", size: 1 };
}
