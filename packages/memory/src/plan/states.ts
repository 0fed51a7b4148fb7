import { elementCount } from "@steepest/optim";
import { exactTerm, type MemoryTerm } from "../term.js";
import type { PlanSettings } from "./settings.js";
import type { DeviceShare } from "./shares.js";
import { sources } from "./sources.js";

const bytesPerFloat = Float32Array.BYTES_PER_ELEMENT;
/** Numbers that share a scale in 8-bit state, and the bytes of the scale. */
const eightBitBlock = { numbers: 256, scaleBytes: 4 };

/** Among how many data-parallel workers something is divided. */
interface Sharing {
  readonly divisor: number;
  /** `/N` where they are shared. */
  readonly suffix: string;
}

const sharing = ({ parallelism }: PlanSettings, from: 1 | 2 | 3): Sharing =>
  parallelism.zero >= from && parallelism.data > 1
    ? { divisor: parallelism.data, suffix: "/N" }
    : { divisor: 1, suffix: "" };

/** Whose 2Ψ, 2Ψ and 4Ψ they are. */
const whole: Readonly<Record<PlanSettings["method"], string>> = {
  ...{ megatron: sources.mixed, zero: sources.zero, lecture: sources.lecture, llmc: sources.llmc },
};

/** The terms of Ψ: parameters, gradients, the fp32 copy, and the optimizer's arrays slot by slot. */
export function modelStates(share: DeviceShare, settings: PlanSettings): readonly MemoryTerm[] {
  const { precision, parallelism, accumulate } = settings;
  const isShared = parallelism.zero > 0 && parallelism.data > 1;
  const source = isShared ? sources.zeroStages : whole[settings.method];
  const term = (
    name: string,
    category: MemoryTerm["category"],
    bytesEach: number,
    { divisor, suffix }: Sharing,
  ) =>
    exactTerm({
      ...{ name, category, bytes: (bytesEach * share.count) / divisor },
      ...{ formula: `${bytesEach}Ψ${suffix}`, source },
    });
  const { label } = precision;
  return [
    term(`parameters (${label})`, "parameters", precision.parameter, sharing(settings, 3)),
    term(`gradients (${label})`, "gradients", precision.gradient, sharing(settings, 2)),
    ...(accumulate > 1 ? [accumulationTerm(share, settings)] : []),
    ...(precision.master === 0
      ? []
      : [term("parameters (fp32)", "masterWeights", precision.master, sharing(settings, 1))]),
    ...optimizerTerms(share, settings),
    ...(parallelism.zero === 3 && parallelism.data > 1 ? [gatheredTerm(share, settings)] : []),
  ];
}

/** Half-precision gradients lose small summands, so that they are summed in fp32. */
function accumulationTerm(share: DeviceShare, settings: PlanSettings): MemoryTerm {
  const { divisor, suffix } = sharing(settings, 2);
  const most = (bytesPerFloat * share.count) / divisor;
  const sumsInPlace = settings.precision.gradient === bytesPerFloat;
  return {
    ...{ name: "sums of gradients (fp32)", category: "gradients", source: sources.megatron },
    bytes: sumsInPlace ? 0 : most,
    ...{ low: 0, high: most, formula: sumsInPlace ? "in the gradients" : `4Ψ${suffix}` },
  };
}

/** The layer that is whole while it is computed, and the next one, which is fetched meanwhile. */
function gatheredTerm({ largestUnit }: DeviceShare, { precision }: PlanSettings): MemoryTerm {
  const low = precision.parameter * largestUnit;
  return {
    ...{ name: "gathered layers", category: "communication", source: sources.zeroStages },
    ...{ bytes: 2 * low, low, high: 2 * low + precision.gradient * largestUnit },
    formula: `2·${precision.parameter}Ψ of the largest layer (${largestUnit} parameters)`,
  };
}

/** What slots hold, where their names alone do not say it. */
const slotMeanings: Readonly<Record<string, string>> = {
  ...{ m: "momentum", v: "variance", buffer: "momentum", left: "left factor", right: "right factor" },
};

/** An array of all parameters together. */
interface Slot {
  readonly bytes: number;
  /** Whether it is as large as the parameters that have it. */
  readonly elementwise: boolean;
}

/** More slots that differ by a number alone are one: L-BFGS keeps two for each step that it remembers. */
const mostNumbered = 2;

/** Slots of one name and different numbers together, where they are many. */
function mergedSlots(slots: ReadonlyMap<string, Slot>): ReadonlyMap<string, Slot> {
  const stemOf = (name: string) => name.replace(/\d+$/, "");
  const counts = new Map<string, number>();
  for (const name of slots.keys()) counts.set(stemOf(name), (counts.get(stemOf(name)) ?? 0) + 1);
  const merged = new Map<string, Slot>();
  for (const [name, { bytes, elementwise }] of slots) {
    const key = (counts.get(stemOf(name)) ?? 0) > mostNumbered ? stemOf(name) : name;
    const known = merged.get(key) ?? { bytes: 0, elementwise: true };
    merged.set(key, { bytes: known.bytes + bytes, elementwise: known.elementwise && elementwise });
  }
  return merged;
}

/** Arrays of the optimizers, slot by slot. */
function optimizerTerms(share: DeviceShare, settings: PlanSettings): readonly MemoryTerm[] {
  const { precision, eightBitState } = settings;
  const { divisor, suffix } = sharing(settings, 1);
  const slots = new Map<string, Slot>();
  for (const { parameter, arrays, count } of share.arrays) {
    const wholeBytes = bytesPerFloat * elementCount(parameter.shape);
    const add = (slot: string, bytes: number) => {
      const isWhole = bytes === wholeBytes;
      const compressed = eightBitState && isWhole ? eightBitBytes(wholeBytes) : (bytes * precision.state) / 4;
      const known = slots.get(slot) ?? { bytes: 0, elementwise: true };
      slots.set(slot, {
        bytes: known.bytes + count * compressed,
        elementwise: known.elementwise && isWhole,
      });
    };
    for (const { name, bytes } of [...arrays.state, ...arrays.inputs]) add(name, bytes);
    if (arrays.evaluation > 0) add("weights to evaluate with", arrays.evaluation);
  }
  return [...mergedSlots(slots)].map(([slot, { bytes, elementwise }]) => {
    const scaled = (bytes * share.scale) / divisor;
    const meaning = slotMeanings[slot];
    const perElement = (bytes * share.scale) / share.count;
    return exactTerm({
      ...{ name: meaning === undefined ? slot : `${meaning} (${slot})`, category: "state", bytes: scaled },
      formula: elementwise
        ? `${Number(perElement.toPrecision(4))}Ψ${suffix}`
        : `the sizes of ${slot} of every parameter${suffix}`,
      source: eightBitState && elementwise ? sources.eightBit : sources.registry,
    });
  });
}

/**
 * Arrays that a matrix method needs within an update only. Then the activations are no longer needed, so that
 * only what exceeds them adds to the peak.
 */
export function updateTerms(
  share: DeviceShare,
  settings: PlanSettings,
  activationBytes: number,
): readonly MemoryTerm[] {
  const floats = share.arrays.reduce((sum, { arrays, count }) => sum + count * arrays.scratch, 0);
  if (floats === 0) return [];
  const high = (floats * share.scale * settings.precision.state) / bytesPerFloat;
  const bytes = Math.max(0, high - activationBytes);
  return [
    {
      ...{ name: "scratch of the update", category: "temporary", source: sources.registry },
      ...{ bytes, low: 0, high, formula: "what the method declares, less the activations" },
    },
  ];
}

/** One byte a number and a scale for every block. */
const eightBitBytes = (floatBytes: number): number =>
  (floatBytes / bytesPerFloat) * (1 + eightBitBlock.scaleBytes / eightBitBlock.numbers);
