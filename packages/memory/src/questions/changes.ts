import { findOptimizer, type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { type MemoryPlan, planWith } from "../plan/plan.js";
import { precisionPolicy } from "../plan/precision.js";
import type { PlanSettings } from "../plan/settings.js";

/** One change of a run, and what it would free. */
export interface MemoryChange {
  /** What to do, as a phrase: `checkpointing every layer`. */
  readonly name: string;
  /** The options of the command line that do it. */
  readonly flags: string;
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

function candidates({ settings }: MemoryPlan): readonly Candidate[] {
  const { batch, accumulate, checkpoint, attention, parallelism, sequence, precision } = settings;
  const { zero, data } = parallelism;
  const found: (Candidate | undefined)[] = [
    checkpoint.kind === "full"
      ? undefined
      : {
          name: "checkpointing every layer",
          flags: "--checkpoint",
          settings: { checkpoint: { kind: "full" } },
        },
    checkpoint.kind === "none" && attention === "unfused"
      ? {
          name: "recomputing attention's scores alone",
          flags: "--checkpoint selective",
          settings: { checkpoint: { kind: "selective" } },
        }
      : undefined,
    attention === "flash"
      ? undefined
      : { name: "flash attention", flags: "--attention flash", settings: { attention: "flash" } },
    precision.activation === 2
      ? undefined
      : {
          name: "mixed precision",
          flags: "--precision mixed-bf16",
          settings: { precision: precisionPolicy("mixed-bf16") },
        },
    settings.eightBitState
      ? undefined
      : { name: "8-bit optimizer state", flags: "--state 8bit", settings: { eightBitState: true } },
    batch / accumulate > 1 && (batch / accumulate) % 2 === 0
      ? {
          name: `gradient accumulation over ${2 * accumulate} parts`,
          flags: `--accumulate ${2 * accumulate}`,
          settings: { accumulate: 2 * accumulate },
        }
      : undefined,
    sequence > 1
      ? {
          name: `sequences of ${Math.floor(sequence / 2)}`,
          flags: `--seq ${Math.floor(sequence / 2)}`,
          settings: { sequence: Math.floor(sequence / 2) },
        }
      : undefined,
    ...([1, 2, 3] as const).map((stage) =>
      data > 1 && stage > zero
        ? {
            name: `ZeRO-${stage} over ${data} workers`,
            flags: `--zero ${stage}`,
            settings: { parallelism: { ...parallelism, zero: stage } },
          }
        : undefined,
    ),
    data === 1
      ? {
          name: "ZeRO-3 over 8 devices",
          flags: `--zero 3 --gpus ${8 * parallelism.devices}`,
          settings: {
            parallelism: { ...parallelism, zero: 3, data: 8, devices: 8 * parallelism.devices },
          },
        }
      : undefined,
    ...lighterOptimizers.map((name) =>
      settings.optimizer.name === name || findOptimizer(name).kind === "closure"
        ? undefined
        : {
            name: `the optimizer ${name}`,
            flags: `--optimizer ${name}`,
            settings: { optimizer: parseOptimizerSpec(name), rest: undefined },
          },
    ),
  ];
  return found.flatMap((candidate) => (candidate === undefined ? [] : [candidate]));
}

/**
 * What single changes of the run would free, the most first; those that free nothing, and those that the method
 * cannot tell, are left out.
 */
export function memoryChanges(plan: MemoryPlan): readonly MemoryChange[] {
  return candidates(plan)
    .flatMap(({ name, flags, settings }) => {
      const changed = planOrNothing(plan, { ...plan.settings, ...settings });
      if (changed === undefined || !isPossible(plan, settings)) return [];
      const freedBytes = plan.totalBytes - changed.totalBytes;
      return freedBytes > 0
        ? [{ name, flags, totalBytes: changed.totalBytes, freedBytes, fits: changed.fits }]
        : [];
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
        ...{ optimizer: optimizer.name, totalBytes, fits },
        stateBytes: state.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    })
    .sort((a, b) => a.totalBytes - b.totalBytes);
}
