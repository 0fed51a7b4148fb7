import type { OptimizerSpec } from "@steepest/optim";
import type { LoadedWorkload, Recipe, Workload } from "@steepest/workloads";
import { stepsOfEpochs, stepsPerEpoch } from "./checks.js";
import { isMethod, type TrainConfig } from "./configuration.js";

/**
 * A configuration with what it leaves open taken from its workload's recipe, where it asks for that and there
 * is one. Code that trains is left alone: it says itself what it does.
 */
export function followRecipe(config: TrainConfig, workload: Workload, loaded: LoadedWorkload): TrainConfig {
  const { recipe } = workload;
  const { optimizer, epochs, batchSize = workload.defaults.batchSize } = config;
  if (config.recipe !== true || recipe === undefined || isMethod(optimizer)) return config;
  const { evaluateEvery: period } = recipe;
  const steps =
    config.steps ??
    (epochs === undefined ? recipe.steps : stepsOfEpochs(epochs, stepsPerEpoch(workload, loaded, batchSize)));
  const { epochs: _, ...rest } = config;
  return {
    ...{ schedule: recipe.schedule(config.horizon ?? steps), clip: recipe.clip, decay: recipe.decay },
    ...{ evaluateEvery: period, checkpointEvery: period },
    ...rest,
    ...{ steps, optimizer: withRecipe(optimizer, recipe) },
  };
}

/** An optimizer with the recipe's values in place of its own defaults; one with a preset keeps that. */
export const withRecipe = (optimizer: OptimizerSpec, { optimizers }: Recipe): OptimizerSpec =>
  optimizer.preset === undefined
    ? { ...optimizer, hyper: { ...optimizers[optimizer.name], ...optimizer.hyper } }
    : optimizer;
