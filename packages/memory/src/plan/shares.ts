import { elementCount, type ParameterSpec } from "@steepest/optim";
import { type MemoryModel, parameterCount } from "../models/model.js";
import { type KindArrays, optimizerArrays } from "./optimizerArrays.js";
import type { PlanSettings } from "./settings.js";

/** What the device that holds the most of a model has of it, before data-parallel workers share. */
export interface DeviceShare {
  readonly parameters: readonly ParameterSpec[];
  /** Numbers in `parameters`, or what stands in their place (`--params`). */
  readonly count: number;
  /** `count` to the true number. */
  readonly scale: number;
  /** The most numbers that ZeRO-3 gathers at once: a layer's, or the largest parameter's outside. */
  readonly largestUnit: number;
  /** What the optimizers keep for `parameters`, one kind of parameter a time. */
  readonly arrays: readonly KindArrays[];
}

/**
 * The share of the fullest pipeline stage, its matrices cut along the first axis for tensor parallelism;
 * vectors are on every device. The first stage has the embeddings, the last what follows the layers (of a tied
 * head a copy of the token embedding).
 */
export function deviceShare(model: MemoryModel, settings: PlanSettings): DeviceShare {
  const { tensor, pipeline } = settings.parallelism;
  const cut = (parameter: ParameterSpec): ParameterSpec => cutMatrix(parameter, tensor);
  const parameters = pipeline === 1 ? model.parameters : fullestStage(model, pipeline);
  const held = tensor === 1 ? parameters : parameters.map(cut);
  const exact = parameterCount(held);
  const scale =
    settings.parameters === undefined ? 1 : settings.parameters / parameterCount(model.parameters);
  const blocks = model.blocks.map((block) => parameterCount(block.map(cut)));
  const repeated = new Set(model.blocks.flat());
  const outside = model.parameters.filter((parameter) => !repeated.has(parameter));
  const largest = (counts: readonly number[]) => counts.reduce((most, count) => Math.max(most, count), 0);
  return {
    ...{ parameters: held, count: exact * scale, scale },
    largestUnit:
      scale * Math.max(largest(blocks), largest(outside.map((each) => elementCount(cut(each).shape)))),
    arrays: optimizerArrays(held, settings),
  };
}

function cutMatrix(parameter: ParameterSpec, parts: number): ParameterSpec {
  const [rows = 1, ...rest] = parameter.shape;
  if (rest.length === 0) return parameter;
  return { ...parameter, shape: [Math.ceil(rows / parts), ...rest] };
}

function fullestStage({ parameters, blocks }: MemoryModel, stages: number): readonly ParameterSpec[] {
  const repeated = new Set(blocks.flat());
  const outside = parameters.filter((parameter) => !repeated.has(parameter));
  const before = outside.filter(({ role }) => role === "embedding");
  const after = outside.filter(({ role }) => role !== "embedding");
  const hasHead = after.some(({ role }) => role === "head");
  const [tokens] = before;
  const most = blocks.slice(0, Math.ceil(blocks.length / stages)).flat();
  const fewest = blocks.slice(0, Math.floor(blocks.length / stages)).flat();
  const first = [...before, ...most];
  const last = [...fewest, ...after, ...(hasHead || tokens === undefined ? [] : [tokens])];
  return parameterCount(first) >= parameterCount(last) ? first : last;
}
