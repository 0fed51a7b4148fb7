import { type Backend, elementBytes, type Values } from "../backends/backend.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import type { OptimizerConfig } from "../optimizer/config.js";
import { addresses, assignGroups, groupShape, type Membership } from "../optimizer/memory/arena.js";
import type { Arrangement } from "../optimizer/memory/arrange.js";
import { gradientHyper } from "../optimizer/passes/gradient.js";
import type { ParameterSpec } from "../parameter.js";
import type { ChosenValues } from "../values.js";
import { companionBody } from "./companion.js";
import type { MatrixRule } from "./matrixRule.js";
import { type NamedView, type Part, type PartContext, planMatrices, planRest } from "./parts.js";

/** Plans one memory for matrices and the rest, binds everything to it and writes the initial state. */
export function arrangeMatrix(
  rule: MatrixRule,
  { hyper, options }: ChosenValues,
  backend: Backend,
  algebra: LinearAlgebra,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): Arrangement {
  const { clip = {}, accumulate = 1, extraBytes = 0 } = config;
  const hyperNames = Object.keys(rule.hyper);
  const gradientHyperNames = gradientHyper(accumulate > 1, clip);
  const context: PartContext = {
    ...{ rule, options, backend, algebra, config },
    hyperNames: [...hyperNames, ...gradientHyperNames],
  };
  const companion = companionBody(rule.companion);

  const memberships = assignGroups(parameters, config.groups ?? []);
  const space = addresses();
  const planned = memberships.flatMap((membership) => {
    const values = { ...hyper, ...membership.spec.hyper };
    const part = (taken: boolean) => partOf(membership, values, (one) => rule.takes(one) === taken);
    return [
      ...part(true).map((matrices) => planMatrices(context, matrices, space)),
      ...part(false).map((rest) => planRest(context, rest, companion, space)),
    ];
  });
  const extra = space.take(extraBytes);
  const memory = backend.allocate(space.taken());
  const bound = planned.map((part) => part.bind(memory));
  return {
    ...{ rule, options, precision: backend.precision, accumulate, hyperNames, gradientHyperNames },
    ...{ learningRates: rule.learningRates, structural: rule.structural, inputs: [], memory, extra },
    squared: rule.squaresGradients ? parameters.filter((each) => rule.takes(each)) : [],
    groups: bound.map(({ group }) => group),
    views: byArray(bound.flatMap(({ views }) => views)),
    stateTensors: bound.flatMap(({ state }) => state),
    stateBytes:
      planned.reduce((sum, { stateElements }) => sum + stateElements, 0) * elementBytes(backend.precision),
    elements: memberships.reduce((sum, { shape }) => sum + shape.count, 0),
  };
}

/** The members that go one way, as a part; none where there are none. */
function partOf(
  { spec, parameters }: Membership,
  values: Part["values"],
  belongs: (parameter: ParameterSpec) => boolean,
): readonly Part[] {
  const members = parameters.filter(belongs);
  return members.length === 0 ? [] : [{ spec, values, parameters: members, shape: groupShape(members) }];
}

function byArray(views: readonly NamedView[]): Arrangement["views"] {
  const arrays = new Map<string, Map<string, Values>>();
  for (const { array, parameter, view } of views) {
    const named = arrays.get(array) ?? new Map<string, Values>();
    arrays.set(array, named.set(parameter, view));
  }
  return arrays;
}
