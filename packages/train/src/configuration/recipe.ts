import { type OptimizerSpec, optimizerOf } from "@steepest/optim";
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
  // What evaluates the loss itself moves along it as it is.
  const clips = optimizerOf(optimizer).kind !== "closure";
  return {
    ...{ schedule: recipe.schedule(config.horizon ?? steps), decay: recipe.decay },
    ...(clips ? { clip: recipe.clip } : {}),
    ...{ evaluateEvery: period, evaluateFirst: true, checkpointEvery: period },
    ...rest,
    ...{ steps, optimizer: withRecipe(optimizer, recipe, config.learningRate) },
  };
}

/**
 * An optimizer with the recipe's values in place of its own defaults; one with a preset keeps that. Where a
 * learning rate is given beside it, the recipe's is none of its values.
 */
function withRecipe(
  optimizer: OptimizerSpec,
  { optimizers }: Recipe,
  learningRate: number | undefined,
): OptimizerSpec {
  const { name, preset, hyper } = optimizer;
  if (preset !== undefined) return optimizer;
  const { lr, ...others } = optimizers[name] ?? {};
  const usual = lr === undefined || learningRate !== undefined ? others : { lr, ...others };
  return { ...optimizer, hyper: { ...usual, ...hyper } };
}
