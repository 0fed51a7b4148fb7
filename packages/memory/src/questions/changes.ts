import { type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { type MemoryPlan, planWith } from "../plan/plan.js";
import { precisionPolicy } from "../plan/precision.js";
import type { PlanSettings } from "../plan/settings.js";
import type { MemoryTerm } from "../term.js";

/** One change of a run, and what it would free. */
export interface MemoryChange {
  /** What to do, as a phrase: `checkpointing every layer`. */
  readonly name: string;
  /** The options of the command line that do it. */
  readonly flags: string;
  /** Its place among all changes by what it costs in time, devices or accuracy; 0 is the cheapest. */
  readonly cost: number;
  readonly terms: readonly MemoryTerm[];
  readonly totalBytes: number;
  /** Less than the present total by so much. */
  readonly freedBytes: number;
  readonly fits: boolean | undefined;
}

interface Candidate {
  readonly name: string;
  readonly flags: string;
  readonly settings: Partial<PlanSettings>;
}

/** Optimizers that keep less than AdamW, which has two numbers a parameter, and train as well or nearly so. */
const lighterOptimizers = ["lion", "adafactor", "muon"] as const;

/** Changes by what they cost, the cheapest first: kernels, recomputation, precision, devices, the run itself. */
function candidates({ settings }: MemoryPlan): readonly Candidate[] {
  const { batch, accumulate, checkpoint, attention, parallelism, sequence, precision } = settings;
  const { zero, data, devices } = parallelism;
  const half = Math.floor(sequence / 2);
  const found: readonly (Candidate | false)[] = [
    attention !== "flash" && {
      ...{ name: "flash attention", flags: "--attention flash" },
      settings: { attention: "flash" },
    },
    checkpoint.kind === "none" &&
      attention === "unfused" && {
        ...{ name: "recomputing attention's scores alone", flags: "--checkpoint selective" },
        settings: { checkpoint: { kind: "selective" } },
      },
    checkpoint.kind !== "full" && {
      ...{ name: "checkpointing every layer", flags: "--checkpoint" },
      settings: { checkpoint: { kind: "full" } },
    },
    precision.activation !== halfBytes && {
      ...{ name: "mixed precision", flags: "--precision mixed-bf16" },
      settings: { precision: precisionPolicy("mixed-bf16") },
    },
    (batch / accumulate) % 2 === 0 && {
      ...{
        name: `gradient accumulation over ${2 * accumulate} parts`,
        flags: `--accumulate ${2 * accumulate}`,
      },
      settings: { accumulate: 2 * accumulate },
    },
    !settings.eightBitState && {
      ...{ name: "8-bit optimizer state", flags: "--state 8bit" },
      settings: { eightBitState: true },
    },
    ...([1, 2, 3] as const).map(
      (stage) =>
        data > 1 &&
        stage > zero && {
          ...{ name: `ZeRO-${stage} over ${data} workers`, flags: `--zero ${stage}` },
          settings: { parallelism: { ...parallelism, zero: stage } },
        },
    ),
    ...lighterOptimizers.map(
      (name) =>
        settings.optimizer.name !== name && {
          ...{ name: `the optimizer ${name}`, flags: `--optimizer ${name}` },
          settings: { optimizer: parseOptimizerSpec(name), rest: undefined },
        },
    ),
    data === 1 && {
      ...{ name: "ZeRO-3 over 8 devices", flags: `--zero 3 --gpus ${8 * devices}` },
      settings: { parallelism: { ...parallelism, zero: 3, data: 8, devices: 8 * devices } },
    },
    sequence > 1 && {
      ...{ name: `sequences of ${half}`, flags: `--seq ${half}` },
      settings: { sequence: half },
    },
  ];
  return found.flatMap((candidate) => (candidate === false ? [] : [candidate]));
}

/** Bytes of an activation in half precision. */
const halfBytes = 2;

/**
 * What single changes of the run would free, the most first; those that free nothing, and those that the method
 * cannot tell, are left out.
 */
export function memoryChanges(plan: MemoryPlan): readonly MemoryChange[] {
  return candidates(plan)
    .flatMap(({ name, flags, settings }, cost) => {
      const changed = planOrNothing(plan, { ...plan.settings, ...settings });
      if (changed === undefined || !isPossible(plan, settings)) return [];
      const { terms, totalBytes, fits } = changed;
      const freedBytes = plan.totalBytes - totalBytes;
      return freedBytes > 0 ? [{ name, flags, cost, terms, totalBytes, freedBytes, fits }] : [];
    })
    .sort((a, b) => b.freedBytes - a.freedBytes);
}

/** Whether the model allows what a change says of its sequences. */
const isPossible = ({ model }: MemoryPlan, { sequence }: Partial<PlanSettings>): boolean =>
  sequence === undefined || (model.architecture.kind === "transformer" && !model.architecture.fixedSequence);

/** The plan with other settings; undefined where the method has no formula for them. */
export function planOrNothing(plan: MemoryPlan, settings: PlanSettings): MemoryPlan | undefined {
  try {
    return planWith(plan.model, settings);
  } catch (error) {
    if (error instanceof SteepestError && error.code === "misuse") return undefined;
    throw error;
  }
}

/** The same run under another optimizer. */
export interface OptimizerMemory {
  readonly optimizer: string;
  readonly terms: readonly MemoryTerm[];
  readonly stateBytes: number;
  readonly totalBytes: number;
  readonly fits: boolean | undefined;
}

/**
 * The same run under each of some optimizers, the least memory first.
 * @throws SteepestError as the planner does
 */
export function memoryByOptimizer(
  plan: MemoryPlan,
  optimizers: readonly OptimizerSpec[],
): readonly OptimizerMemory[] {
  return optimizers
    .map((optimizer) => {
      const { terms, totalBytes, fits } = planWith(plan.model, {
        ...plan.settings,
        ...{ optimizer, rest: undefined },
      });
      const state = terms.filter(({ category }) => category === "state");
      return {
        ...{ optimizer: optimizer.name, terms, totalBytes, fits },
        stateBytes: state.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    })
    .sort((a, b) => a.totalBytes - b.totalBytes);
}
