import { type OptimizerArrays, type OptimizerSpec, optimizerOf, type ParameterSpec } from "@steepest/optim";
import type { PlanSettings } from "./settings.js";

/** The arrays of one parameter, and how many parameters are like it. */
export interface KindArrays {
  readonly parameter: ParameterSpec;
  readonly count: number;
  readonly arrays: OptimizerArrays;
}

/** What an optimizer keeps for some parameters, one kind of parameter a time: the same shapes need the same. */
function arraysOf(spec: OptimizerSpec, parameters: readonly ParameterSpec[]): readonly KindArrays[] {
  const entry = optimizerOf(spec);
  const kinds = new Map<string, { readonly parameter: ParameterSpec; count: number }>();
  for (const parameter of parameters) {
    const key = `${parameter.role}:${parameter.shape.join("x")}`;
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { parameter, count: 1 });
    else known.count++;
  }
  return [...kinds.values()].map(({ parameter, count }) => ({
    ...{ parameter, count, arrays: entry.arrays([parameter], spec) },
  }));
}

/** What the optimizers of a run keep for a device's parameters. */
export function optimizerArrays(
  parameters: readonly ParameterSpec[],
  { optimizer, rest }: Pick<PlanSettings, "optimizer" | "rest">,
): readonly KindArrays[] {
  if (rest === undefined) return arraysOf(optimizer, parameters);
  const isHidden = ({ role }: ParameterSpec) => role === "hiddenMatrix" || role === "convolution";
  return [
    ...arraysOf(optimizer, parameters.filter(isHidden)),
    ...arraysOf(
      rest,
      parameters.filter((parameter) => !isHidden(parameter)),
    ),
  ];
}
