import {
  type Backend,
  type BackendMemory,
  elementBytes,
  type GroupShape,
  type Values,
  viewOf,
} from "../../backends/backend.js";
import { SteepestError, unknownName } from "../../errors.js";
import { elementCount, type ParameterSpec, parameterRoles } from "../../parameter.js";
import type { ArenaBytes, GroupSpec } from "../config.js";

/** Cache lines and SIMD registers never straddle two arrays. */
const alignment = 64;
/** Bytes of an array with the room after it that keeps the next one aligned. */
export const alignedBytes = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Parameters that are updated together, and which of the configured groups they came from. */
export interface Membership {
  readonly spec: GroupSpec;
  readonly parameters: readonly ParameterSpec[];
  readonly shape: GroupShape;
}

/**
 * Sorts parameters into groups, first match first; the rest form the last group. Groups without parameters
 * vanish.
 *
 * @throws SteepestError for a parameter named twice or with an impossible shape, or a group that names an
 *   unknown parameter
 */
export function assignGroups(
  parameters: readonly ParameterSpec[],
  specs: readonly GroupSpec[],
): readonly Membership[] {
  checkParameters(parameters);
  const names = parameters.map(({ name }) => name);
  for (const name of specs.flatMap((spec) => spec.names ?? [])) {
    if (!names.includes(name)) throw unknownName("parameter in a group:", name, names);
  }
  const all = [...specs, {}];
  const groupOf = ({ name, role }: ParameterSpec) => {
    const match = specs.findIndex((spec) => spec.roles?.includes(role) || spec.names?.includes(name));
    return match < 0 ? specs.length : match;
  };
  return all.flatMap((spec, index) => {
    const members = parameters.filter((parameter) => groupOf(parameter) === index);
    if (members.length === 0) return [];
    return [{ spec, parameters: members, shape: groupShape(members) }];
  });
}

/** The elements of parameters that lie one after the other. */
export function groupShape(parameters: readonly ParameterSpec[]): GroupShape {
  let count = 0;
  const spans = parameters.map(({ shape }) => {
    const span = { offset: count, count: elementCount(shape) };
    count += span.count;
    return span;
  });
  return { count, spans };
}

function checkParameters(parameters: readonly ParameterSpec[]): void {
  if (parameters.length === 0) {
    throw new SteepestError("invalid-value", "there are no parameters to optimise", "Give at least one");
  }
  const seen = new Set<string>();
  for (const { name, shape, role } of parameters) {
    if (!parameterRoles.includes(role)) throw unknownName(`role of parameter ${name}:`, role, parameterRoles);
    if (seen.has(name)) {
      throw new SteepestError(
        "invalid-value",
        `two parameters are named "${name}"`,
        "Give each its own name",
      );
    }
    seen.add(name);
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw new SteepestError(
        "shape-mismatch",
        `parameter "${name}" has the shape [${shape.join(", ")}]`,
        "Sizes are integers >= 0",
      );
    }
  }
}

/** Byte addresses of a group's arrays and of the scratch of each of its programs. */
export interface GroupPlan {
  readonly arrays: Readonly<Record<string, number>>;
  readonly scratches: readonly number[];
}

/** Hands out addresses in a memory that is still to be allocated. */
export interface Addresses {
  /** The aligned address of the next bytes. */
  take(bytes: number): number;
  /** All bytes so far. */
  taken(): number;
}

export function addresses(): Addresses {
  let end = 0;
  return {
    take(bytes) {
      const address = end;
      end = alignedBytes(end + bytes);
      return address;
    },
    taken: () => end,
  };
}

export interface ArenaPlan {
  readonly groups: readonly GroupPlan[];
  readonly extra: number;
  readonly bytes: number;
}

/**
 * Lays out the one memory: per group its arrays one after the other, each tensor after tensor without gaps;
 * then the programs' scratch; then `extraBytes`. Everything is known beforehand, so the memory never grows
 * and views stay valid.
 */
export function planArena(
  backend: Backend,
  groups: readonly { readonly count: number; readonly scratchBytes: readonly number[] }[],
  arrays: readonly string[],
  extraBytes: number,
): ArenaPlan {
  const { take, taken } = addresses();
  const starts = groups.map(({ count }) =>
    Object.fromEntries(arrays.map((name) => [name, take(count * elementBytes(backend.precision))])),
  );
  const plans = groups.map(({ scratchBytes }, index) => ({
    arrays: starts[index] ?? {},
    scratches: scratchBytes.map(take),
  }));
  return { groups: plans, extra: take(extraBytes), bytes: taken() };
}

/** What `ArenaBytes` is made of: elements of the parameters and of state, and which arrays there are besides. */
export interface ArenaUse {
  readonly elements: number;
  readonly stateElements: number;
  readonly accumulates: boolean;
  /** How many arrays the caller fills beside the gradients. */
  readonly inputs: number;
  /** Whether there are weights to evaluate with. */
  readonly evaluates: boolean;
  readonly extraBytes: number;
  /** End of the plan. */
  readonly planned: number;
}

/** The bytes of a planned arena, before it is allocated. */
export function plannedBytes(backend: Backend, use: ArenaUse): ArenaBytes {
  const array = use.elements * elementBytes(backend.precision);
  return {
    parameters: array,
    gradients: array,
    state: use.stateElements * elementBytes(backend.precision),
    accumulation: use.accumulates ? array : 0,
    inputs: use.inputs * array,
    evaluation: use.evaluates ? array : 0,
    extra: use.extraBytes,
    total: backend.allocatedBytes(use.planned),
  };
}

/** Every parameter's part of one array, by parameter name. */
export function parameterViews(
  backend: Backend,
  memory: BackendMemory,
  memberships: readonly Membership[],
  plan: ArenaPlan,
  array: string,
): ReadonlyMap<string, Values> {
  return new Map(
    memberships.flatMap(({ parameters, shape }, group) =>
      parameters.map(({ name }, index) => {
        const { offset, count } = shape.spans[index] ?? { offset: 0, count: 0 };
        const start = plan.groups[group]?.arrays[array] ?? 0;
        const address = start + offset * elementBytes(backend.precision);
        return [name, viewOf(backend.precision, memory, address, count)] as const;
      }),
    ),
  );
}
