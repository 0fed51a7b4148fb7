import type { Backend, Values } from "../backends/backend.js";
import type { LinearAlgebra } from "../linearAlgebra/linearAlgebra.js";
import type { ArenaBytes, OptimizerConfig } from "../optimizer/config.js";
import {
  addresses,
  assignGroups,
  groupShape,
  type Membership,
  plannedBytes,
} from "../optimizer/memory/arena.js";
import type { Arrangement } from "../optimizer/memory/arrange.js";
import { gradientHyper } from "../optimizer/passes/gradient.js";
import type { ParameterSpec } from "../parameter.js";
import type { ChosenValues } from "../values.js";
import { companionBody } from "./companion.js";
import type { MatrixRule } from "./matrixRule.js";
import {
  type NamedView,
  type Part,
  type PartContext,
  type PlannedPart,
  planMatrices,
  planRest,
} from "./parts.js";

/** The parts of a matrix rule and where everything will lie, before there is a memory. */
interface MatrixPlan extends Pick<PartContext, "hyperNames"> {
  readonly gradientHyperNames: readonly string[];
  readonly parts: readonly PlannedPart[];
  /** Byte address of the extra room. */
  readonly extra: number;
  /** End of the plan. */
  readonly planned: number;
  readonly bytes: ArenaBytes;
}

function planMatrixRule(
  rule: MatrixRule,
  { hyper, options }: ChosenValues,
  backend: Backend,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): MatrixPlan {
  const { clip = {}, accumulate = 1, extraBytes = 0 } = config;
  const gradientHyperNames = gradientHyper(accumulate > 1, clip);
  const hyperNames = Object.keys(rule.hyper);
  const context: PartContext = {
    ...{ rule, options, backend, config },
    hyperNames: [...hyperNames, ...gradientHyperNames],
  };
  const companion = companionBody(rule.companion);

  const memberships = assignGroups(parameters, config.groups ?? []);
  const space = addresses();
  const parts = memberships.flatMap((membership) => {
    const values = { ...hyper, ...membership.spec.hyper };
    const part = (taken: boolean) => partOf(membership, values, (one) => rule.takes(one) === taken);
    return [
      ...part(true).map((matrices) => planMatrices(context, matrices, space)),
      ...part(false).map((rest) => planRest(context, rest, companion, space)),
    ];
  });
  const extra = space.take(extraBytes);
  const planned = space.taken();
  const bytes = plannedBytes(backend, {
    elements: memberships.reduce((sum, { shape }) => sum + shape.count, 0),
    stateElements: parts.reduce((sum, { stateElements }) => sum + stateElements, 0),
    ...{ accumulates: accumulate > 1, inputs: 0, evaluates: false, extraBytes, planned },
  });
  return { hyperNames, gradientHyperNames, parts, extra, planned, bytes };
}

/** The bytes that `arrangeMatrix` allocates for the same arguments, by use; nothing is allocated. */
export const matrixArenaBytes = (...args: Parameters<typeof planMatrixRule>): ArenaBytes =>
  planMatrixRule(...args).bytes;

/** Plans one memory for matrices and the rest, binds everything to it and writes the initial state. */
export function arrangeMatrix(
  rule: MatrixRule,
  chosen: ChosenValues,
  backend: Backend,
  algebra: LinearAlgebra,
  parameters: readonly ParameterSpec[],
  config: OptimizerConfig,
): Arrangement {
  const { accumulate = 1 } = config;
  const { hyperNames, gradientHyperNames, parts, extra, planned, bytes } = planMatrixRule(
    rule,
    chosen,
    backend,
    parameters,
    config,
  );
  const memory = backend.allocate(planned);
  const bound = parts.map((part) => part.bind(memory, algebra));
  return {
    ...{ rule, options: chosen.options, precision: backend.precision, accumulate },
    ...{ hyperNames, gradientHyperNames, memory, extra, bytes },
    ...{ learningRates: rule.learningRates, structural: rule.structural, inputs: [] },
    squared: rule.squaresGradients ? parameters.filter((each) => rule.takes(each)) : [],
    groups: bound.map(({ group }) => group),
    views: byArray(bound.flatMap(({ views }) => views)),
    stateTensors: bound.flatMap(({ state }) => state),
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
