import {
  checkpointReadings,
  fitVerdict,
  largestThatFits,
  type MemoryPlan,
  memoryByOptimizer,
  memoryChanges,
  modelStateBytes,
  type PlanOptions,
} from "@steepest/memory";
import { formatOptimizerSpec, parseOptimizerSpec, registry } from "@steepest/optim";

/** The same run under every optimizer, at its defaults. */
export const underEveryOptimizer = (plan: MemoryPlan) =>
  memoryByOptimizer(
    plan,
    registry.map(({ name }) => parseOptimizerSpec(name)),
  );

/** A plan as one plain object. */
export function planJson(plan: MemoryPlan, asked: PlanOptions, optimizers: boolean) {
  const { model, settings, terms, totalBytes, low, high, fits, notes } = plan;
  const { optimizer, rest, precision, parallelism, batch, sequence, accumulate } = settings;
  const { checkpoint, attention, dropout, device } = settings;
  const changes = memoryChanges(plan);
  // Their terms are those of the plan but for the change.
  const withoutTerms = <Item extends { readonly terms: unknown }>({ terms: _, ...item }: Item) => item;
  const verdict = fitVerdict(plan, changes);
  return {
    method: settings.method,
    model: model.name,
    parameters: plan.parameters,
    settings: {
      optimizer: formatOptimizerSpec(optimizer),
      ...(rest === undefined ? {} : { rest: formatOptimizerSpec(rest) }),
      ...{ precision: precision.name, batch, sequence, accumulate, checkpoint, attention, dropout },
      ...{ parallelism, device: device ?? null },
    },
    terms,
    ...{ totalBytes, lowBytes: low, highBytes: high, modelStateBytes: modelStateBytes(plan) },
    fits: fits ?? null,
    verdict:
      verdict?.kind === "short" && verdict.remedy !== undefined
        ? { ...verdict, remedy: withoutTerms(verdict.remedy) }
        : (verdict ?? null),
    activationsByCheckpointing: checkpointReadings(plan),
    changes: changes.map(withoutTerms),
    ...(device === undefined ? {} : { largest: largestThatFits(plan, asked) }),
    ...(optimizers ? { optimizers: underEveryOptimizer(plan).map(withoutTerms) } : {}),
    notes,
  };
}
