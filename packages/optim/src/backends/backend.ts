import type { RuleBody } from "../language/rule.js";
import type { BindMoves } from "./moves.js";

/** A typed array of parameters, gradients or state. */
export type Values = Float32Array | Float64Array;

/** A run of elements inside a group: one parameter. */
export interface Span {
  readonly offset: number;
  readonly count: number;
}

/** The elements that one rule updates together, tensor after tensor without gaps. */
export interface GroupShape {
  readonly count: number;
  readonly spans: readonly Span[];
}

/**
 * What a back end compiles: a body and the order in which its hyper-parameters are handed over at each step.
 */
export interface Program {
  /** The rule's name, for errors. */
  readonly name: string;
  readonly hyper: readonly string[];
  readonly body: RuleBody;
}

/** Where a group lives: byte addresses in one memory. */
export interface GroupAddresses {
  /** By element variable: `x`, `g` and every state slot. */
  readonly arrays: Readonly<Record<string, number>>;
  /** `scratchBytes` of room for the back end's own use, aligned to 64 bytes. */
  readonly scratch: number;
}

/** A program bound to a group's memory. */
export interface BoundProgram {
  /**
   * Carried scalars in the order of `body.carried`, then for each parameter those of
   * `body.carriedPerParameter`: whoever binds writes the initial values, and saves and restores them.
   */
  readonly carried: Float64Array;
  /** After `run`: the reductions over the group and over all, in the order in which phases declare them. */
  readonly groupSums: Float64Array;
  /** Runs every phase once; a sum over all is over this group. `step` counts from 1. Allocates nothing. */
  run(step: number, hyper: Float64Array): void;
}

/** A bound program that runs phase by phase, for groups whose sums go together. */
export interface PhasedProgram extends BoundProgram {
  /** Begins a step. */
  start(step: number, hyper: Float64Array): void;
  /** Runs a phase up to its sums, of this group alone, in `groupSums`. */
  pass(phase: number): void;
  /** Ends a phase: later phases and carried scalars get what `groupSums` holds now. */
  conclude(phase: number): void;
}

/** A program compiled for any memory; `bind` attaches it to one. */
export interface CompiledProgram {
  /** Bytes of scratch that `bind` needs for a group. */
  scratchBytes(group: GroupShape): number;
  bind(memory: BackendMemory, group: GroupShape, addresses: GroupAddresses): PhasedProgram;
}

/** One memory that holds parameters, gradients and state and never grows, so that views stay valid. */
export interface BackendMemory {
  readonly buffer: ArrayBuffer;
}

/** A way to run rules. The float64 reference and the fused float32 kernels implement it. */
export interface Backend {
  readonly precision: "float32" | "float64";
  /** Bytes of the memory that `allocate` makes for so many. */
  allocatedBytes(bytes: number): number;
  /** @throws SteepestError `unavailable` where the bytes cannot be had. */
  allocate(bytes: number): BackendMemory;
  /** @throws SteepestError `unavailable` where this back end cannot run the body. */
  compile(program: Program): CompiledProgram;
  /** Moves within one memory, from layout to layout. */
  readonly moves: BindMoves;
}

/** Bytes of one element. */
export const elementBytes = (precision: Backend["precision"]): 4 | 8 => (precision === "float32" ? 4 : 8);

/** The view of `count` elements at a byte address. */
export const viewOf = (
  precision: Backend["precision"],
  memory: BackendMemory,
  address: number,
  count: number,
): Values =>
  precision === "float32"
    ? new Float32Array(memory.buffer, address, count)
    : new Float64Array(memory.buffer, address, count);

/** The element variables of a body: one array each. */
export const elementArrays = ({ state, inputs = [] }: RuleBody): readonly string[] => [
  "x",
  "g",
  ...Object.keys(state),
  ...inputs,
];

/** The reductions of a body over groups and over all, in the order of `BoundProgram.groupSums`. */
export const groupSumNames = (body: RuleBody): readonly string[] =>
  body.phases.flatMap((phase) =>
    Object.entries(phase.reduce).flatMap(([name, { over }]) => (over === "parameter" ? [] : [name])),
  );

/**
 * Runs the groups of an optimizer side by side, phase by phase, so that sums over all are over every group;
 * allocates nothing once made.
 */
export function runTogether(
  body: RuleBody,
  programs: readonly PhasedProgram[],
  hypers: readonly Float64Array[],
): (step: number) => void {
  const names = groupSumNames(body);
  const sumsOverAll = body.phases.map(({ reduce }) =>
    Object.entries(reduce).flatMap(([name, { over }]) => (over === "all" ? [names.indexOf(name)] : [])),
  );
  const nowhere = new Float64Array(0);
  return (step) => {
    for (let i = 0; i < programs.length; i++) programs[i]?.start(step, hypers[i] ?? nowhere);
    for (let p = 0; p < sumsOverAll.length; p++) {
      for (const program of programs) program.pass(p);
      for (const place of sumsOverAll[p] ?? []) {
        let total = 0;
        for (const { groupSums } of programs) total += groupSums[place] ?? Number.NaN;
        for (const { groupSums } of programs) groupSums[place] = total;
      }
      for (const program of programs) program.conclude(p);
    }
  };
}

/**
 * The spans that have scalars of their own: each parameter where the body sums over parameters or carries
 * scalars for them, else the whole group, which then takes one pass a phase.
 */
export function unitsOf(body: RuleBody, group: GroupShape): readonly Span[] {
  const perParameter =
    Object.keys(body.carriedPerParameter ?? {}).length > 0 ||
    body.phases.some((phase) => Object.values(phase.reduce).some(({ over }) => over === "parameter"));
  return perParameter ? group.spans : [{ offset: 0, count: group.count }];
}
