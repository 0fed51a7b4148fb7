import { SteepestError } from "@steepest/optim";
import { type MemoryModel, withLayers } from "../models/model.js";
import { type NamedModel, namedModels } from "../models/named.js";
import { type MemoryPlan, planMemory, planWith } from "../plan/plan.js";
import type { PlanOptions } from "../plan/settings.js";

/** What would just fit on the device, each with everything else as it is; undefined where nothing does. */
export interface LargestThatFits {
  /** Examples a device and update, with one part of a batch at a time as large as the whole. */
  readonly batch: number | undefined;
  /** Places a sequence; undefined also where sequences have one length. */
  readonly sequence: number | undefined;
  /** Layers like the model's own. */
  readonly layers: number | undefined;
  /** Of the models that are known by name, the one with the most parameters. */
  readonly model: string | undefined;
}

/** No run has more. */
const limits = { batch: 2 ** 24, sequence: 2 ** 24, layers: 4096 };

/**
 * The largest batch, sequence, depth and known model that fit on the device.
 * @throws SteepestError `misuse` where no device is given
 */
export function largestThatFits(plan: MemoryPlan, options: PlanOptions): LargestThatFits {
  const { model, settings } = plan;
  if (settings.device === undefined)
    throw new SteepestError("misuse", "what fits depends on a device", "Give one, e.g. --device 32GB");
  const { architecture } = model;
  const transformer = architecture.kind === "transformer" ? architecture : undefined;
  const parts = settings.accumulate;
  const batches = largest(limits.batch, (count) =>
    doesFit(() => planWith(model, { ...settings, batch: count * parts })),
  );
  const longest = Math.min(limits.sequence, transformer?.context ?? 1);
  return {
    batch: batches === undefined ? undefined : batches * parts,
    sequence:
      transformer === undefined || transformer.fixedSequence
        ? undefined
        : largest(longest, (sequence) => doesFit(() => planWith(model, { ...settings, sequence }))),
    layers:
      transformer === undefined || settings.parameters !== undefined
        ? undefined
        : largest(limits.layers, (layers) =>
            doesFit(() => planWith(withLayers(model, layers) ?? model, settings)),
          ),
    model: largestModel(namedModels, options, settings.device),
  };
}

const doesFit = (plan: () => MemoryPlan): boolean => plan().fits === true;

/** The largest count for which something holds that holds for all smaller ones; undefined where for none. */
function largest(most: number, holds: (count: number) => boolean): number | undefined {
  if (!holds(1)) return undefined;
  let good = 1;
  let bad = 2;
  while (bad <= most && holds(bad)) {
    good = bad;
    bad *= 2;
  }
  bad = Math.min(bad, most + 1);
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Of models by name the one with the most parameters that fits under the same options. */
function largestModel(
  models: readonly NamedModel[],
  options: PlanOptions,
  device: number,
): string | undefined {
  const { parameters: _, sequence, ...others } = options;
  const fitting = models.flatMap((entry) => {
    const model = entry.build();
    const plan = planIfPossible(model, {
      ...{ ...others, device },
      ...(sequence === undefined ? {} : sequenceFor(model, sequence)),
    });
    return plan?.fits === true ? [plan] : [];
  });
  return fitting.reduce<MemoryPlan | undefined>(
    (best, plan) => (best === undefined || plan.parameters > best.parameters ? plan : best),
    undefined,
  )?.model.name;
}

/** The same length of sequences, as far as the model goes. */
const sequenceFor = ({ architecture }: MemoryModel, sequence: number): Pick<PlanOptions, "sequence"> =>
  architecture.kind === "transformer" && !architecture.fixedSequence
    ? { sequence: Math.min(sequence, architecture.context) }
    : {};

/** The plan, or undefined for a model that the settings or the method are not for. */
function planIfPossible(model: MemoryModel, options: PlanOptions): MemoryPlan | undefined {
  try {
    return planMemory(model, options);
  } catch (error) {
    if (error instanceof SteepestError && (error.code === "misuse" || error.code === "invalid-value"))
      return undefined;
    throw error;
  }
}
