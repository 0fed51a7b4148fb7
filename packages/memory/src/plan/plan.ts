import type { MemoryModel } from "../models/model.js";
import { parameterCount } from "../models/model.js";
import { exactTerm, type MemoryTerm, totalBytes } from "../term.js";
import { methods } from "./methods.js";
import { type PlanOptions, type PlanSettings, planSettings } from "./settings.js";
import { deviceShare } from "./shares.js";
import { sources } from "./sources.js";
import { modelStates, updateTerms } from "./states.js";

/** What a training run will need on the device that needs most. */
export interface MemoryPlan {
  readonly model: MemoryModel;
  readonly settings: PlanSettings;
  /** Parameters of the whole model, or what was said in their place. */
  readonly parameters: number;
  readonly terms: readonly MemoryTerm[];
  readonly totalBytes: number;
  /** The sums of the terms' ranges. */
  readonly low: number;
  readonly high: number;
  /** Whether the total is at most the device's memory; undefined where no device is given. */
  readonly fits: boolean | undefined;
  /** What was assumed or could not be counted, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Plans the memory of a training run: a pure function of shapes and settings, nothing is allocated.
 * @throws SteepestError `invalid-value` for settings that cannot be, `misuse` for those that the method has no
 *   formula for, `unknown-name` for an optimizer or precision that is not there
 */
export function planMemory(model: MemoryModel, options: PlanOptions = {}): MemoryPlan {
  return planWith(model, planSettings(model, options));
}

/** The same from complete settings. */
export function planWith(model: MemoryModel, settings: PlanSettings): MemoryPlan {
  const method = methods[settings.method];
  const prepared = method.prepare?.(model) ?? model;
  const share = deviceShare(prepared, settings);
  const activations = method.activations(prepared, settings);
  const ofRun = [
    ...modelStates(share, settings),
    ...activations,
    ...method.buffers(share, settings),
    ...updateTerms(share, settings, totalBytes(activations)),
  ];
  const fragmentation = method.fragmentation(ofRun, settings.fragmentation);
  const terms = [
    ...ofRun,
    ...(fragmentation.high === 0 ? [] : [fragmentation]),
    ...contextTerms(method.context, settings.overhead),
  ].map(inWholeBytes);
  const sum = totalBytes(terms);
  return {
    ...{ model, settings, terms, totalBytes: sum },
    parameters: settings.parameters ?? parameterCount(model.parameters),
    low: terms.reduce((total, { low }) => total + low, 0),
    high: terms.reduce((total, { high }) => total + high, 0),
    fits: settings.device === undefined ? undefined : sum <= settings.device,
    notes: [
      ...model.notes,
      ...(model.architecture.kind === "unknown"
        ? [`Activations are not counted: ${model.architecture.reason}.`]
        : []),
    ],
  };
}

/** Shares and estimates come out in parts of bytes. */
const inWholeBytes = (term: MemoryTerm): MemoryTerm => ({
  ...term,
  ...{ bytes: Math.round(term.bytes), low: Math.round(term.low), high: Math.round(term.high) },
});

function contextTerms(
  context: Pick<MemoryTerm, "bytes" | "low" | "high" | "formula" | "source"> | undefined,
  given: number | undefined,
): readonly MemoryTerm[] {
  const named = { name: "context and libraries", category: "context" as const };
  if (given !== undefined)
    return given === 0
      ? []
      : [exactTerm({ ...named, bytes: given, formula: "as given", source: sources.given })];
  return context === undefined ? [] : [{ ...named, ...context }];
}
